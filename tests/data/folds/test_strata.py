"""Strata of folds: classes, stages and fifths of numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from radtl_tf.data.folds.draw import draw_folds
from radtl_tf.data.folds.strata import fifths, merged, named_fifths, strata_of
from radtl_tf.data.folds.training_share import with_share_of_training
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import FoldPlan


def numbers_of(num_patients: int, images: int = 2) -> Cases:
    """Return patients with some images each, whose numbers grow by 1 and differ by 0.1 within a patient."""
    patients = np.repeat(np.arange(num_patients), images)
    truth = patients + 0.1 * (np.arange(len(patients)) % images)
    ids = tuple(map(str, range(num_patients)))
    return Cases(np.arange(len(truth)), truth, patients, ids, (), "image", "regression")


def stages_of(counts: tuple[int, ...]) -> Cases:
    """Return patients with one image each: so many of each stage."""
    truth = np.repeat(np.arange(len(counts)), counts)
    names = tuple(f"S{number}" for number in range(len(counts)))
    number = np.arange(len(truth))
    return Cases(number, truth, number, tuple(map(str, number)), names, "patient", "ordinal")


def test_fifths_have_equal_size_and_equal_numbers_stay_together() -> None:
    assert np.bincount(fifths(np.random.default_rng(0).permutation(100) / 7)).tolist() == [20] * 5
    assert len(set(fifths(np.array([5.0] * 9 + [6.0]))[:9])) == 1


def test_the_stratum_of_a_patient_is_that_of_the_mean() -> None:
    cases = numbers_of(50)
    strata = strata_of(cases)
    assert (strata[::2] == strata[1::2]).all() and np.bincount(strata[::2]).tolist() == [10] * 5
    joined = replace(cases, linked=np.where(cases.patients == 49, 0, cases.patients))  # the first and the last patient
    assert strata_of(joined)[0] == strata_of(joined)[-1] == 2


@pytest.mark.parametrize(
    ("sizes", "joined"),
    [((5, 5, 5), [0, 1, 2]), ((5, 1, 5), [0, 0, 1]), ((1, 5, 5), [0, 0, 1]), ((5, 5, 1), [0, 1, 1])],
)
def test_a_rare_stratum_joins_its_neighbor(sizes: tuple[int, ...], joined: list[int]) -> None:
    strata = np.repeat(np.arange(3), sizes)
    assert merged(strata, 2)[np.unique(strata, return_index=True)[1]].tolist() == joined


def test_fifths_are_named_by_their_range() -> None:
    names, places = named_fifths(np.arange(1.0, 11.0))
    assert names == ["1 to 2", "3 to 4", "5 to 6", "7 to 8", "9 to 10"] and places.tolist() == [
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
    ]


def test_folds_of_numbers_have_every_fifth_and_whole_patients() -> None:
    cases = numbers_of(100)
    for fold in draw_folds(cases, FoldPlan(count=5), seed=3):
        parts = [positions for _, positions in fold.parts()]
        assert sum(len(np.unique(cases.patients[at])) for at in parts) == 100
        assert np.ptp(np.bincount(strata_of(cases)[fold.test])) <= 2
        assert abs(cases.truth[fold.test].mean() - cases.truth.mean()) < 4
        assert not fold.fixed_epochs


def test_few_patients_with_numbers_are_refused_or_keep_the_last_epoch() -> None:
    with pytest.raises(DataError, match="24 patients"):
        draw_folds(numbers_of(24), FoldPlan(count=5), seed=0)
    assert all(fold.fixed_epochs for fold in draw_folds(numbers_of(25), FoldPlan(count=5), seed=0))


def test_a_share_of_the_training_patients_has_every_fifth() -> None:
    cases = numbers_of(100)
    fold = draw_folds(cases, FoldPlan(count=5), seed=3)[0]
    half = with_share_of_training(cases, fold, 0.5, seed=1)
    assert set(half.train) < set(fold.train) and half.images_per_epoch == len(fold.train)
    assert np.bincount(strata_of(cases)[half.train], minlength=5).min() >= 8


def test_each_threshold_has_patients_on_both_sides_in_every_part() -> None:
    cases = stages_of((30, 40, 3, 30))
    for fold in draw_folds(cases, FoldPlan(count=5), seed=0):
        for _, at in fold.parts():
            assert 0 < cases.above[at].mean(axis=0).min() and cases.above[at].mean(axis=0).max() < 1
        assert set(cases.truth[fold.train]) == {0, 1, 2, 3}


def test_a_rare_lowest_or_highest_stage_is_refused() -> None:
    with pytest.raises(DataError, match="'S2' has 9 patients"):
        draw_folds(stages_of((30, 30, 9)), FoldPlan(count=2), seed=0)
    with pytest.raises(DataError, match="'S0' has 9 patients"):
        draw_folds(stages_of((9, 30, 30)), FoldPlan(count=2), seed=0)
