"""Shares of the training patients: whole patients, stratified, nested."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.data.folds.draw import draw_folds, patients_per_class
from radtl_tf.data.folds.training_share import with_share_of_training
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import FoldPlan

NUMBERS = np.arange(200)
PATIENTS = NUMBERS // 2
CASES = Cases(NUMBERS, (PATIENTS % 5 == 0).astype(int), PATIENTS, tuple(map(str, range(100))), ("no", "yes"), "image")
FOLD = draw_folds(CASES, FoldPlan(count=3), seed=1)[1]


def patients(positions: np.ndarray) -> set[int]:
    return set(CASES.patients[positions].tolist())


def test_a_share_is_of_patients_and_of_each_class() -> None:
    whole, half = (patients_per_class(CASES, with_share_of_training(CASES, FOLD, share, 7).train) for share in (1, 0.5))
    assert np.allclose(half, whole / 2, atol=0.5)


def test_patients_stay_whole_and_the_other_parts_stay_as_they_are() -> None:
    part = with_share_of_training(CASES, FOLD, 0.3, seed=7)
    assert all((part.train == 2 * patient).any() == (part.train == 2 * patient + 1).any() for patient in range(100))
    assert patients(part.train) < patients(FOLD.train)
    assert np.array_equal(part.inner, FOLD.inner) and np.array_equal(part.test, FOLD.test)


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    shares = [patients(with_share_of_training(CASES, FOLD, share, seed=7).train) for share in (0.1, 0.25, 0.5, 1.0)]
    assert all(small < large for small, large in zip(shares, shares[1:], strict=False))


def test_the_seed_decides_who_is_taken() -> None:
    first, same, other = (patients(with_share_of_training(CASES, FOLD, 0.5, seed=seed).train) for seed in (7, 7, 8))
    assert first == same != other


def test_several_labels_keep_their_rarest() -> None:
    truth = np.stack([np.ones(200, int), (NUMBERS // 2) % 10 == 0], axis=1).astype(int)
    cases = Cases(NUMBERS, truth, CASES.patients, CASES.patient_ids, ("common", "rare"), "image", kind="multilabel")
    part = with_share_of_training(cases, FOLD, 0.25, seed=7)
    rare = patients_per_class(cases, FOLD.train)[1]
    assert patients_per_class(cases, part.train)[1] == round(rare / 4)


def test_a_class_without_a_patient_is_refused() -> None:
    truth = np.stack([(NUMBERS // 2) % 2, 1 - (NUMBERS // 2) % 2, NUMBERS // 2 < 0], axis=1)
    cases = Cases(NUMBERS, truth, CASES.patients, CASES.patient_ids, ("a", "b", "c"), "image", kind="multilabel")
    with pytest.raises(DataError, match=r"\b0\.5 .*fold 1 .*'c'"):
        with_share_of_training(cases, FOLD, 0.5, seed=7)


def test_an_epoch_of_a_share_shows_as_many_images_as_the_whole_part() -> None:
    part = with_share_of_training(CASES, FOLD, 0.1, seed=7)
    assert part.images_per_epoch == FOLD.images_per_epoch == len(FOLD.train) > len(part.train)
