"""Folds keep patients together, have every class in every part, and depend only on the seed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from radtl_tf.data.folds.draw import draw_folds, patients_per_class
from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import FoldPlan


def make_cases(num_patients: int = 120, share: float = 0.5, seed: int = 0) -> Cases:
    """Return patients with one to three images and one label each."""
    rng = np.random.default_rng(seed)
    images = rng.integers(1, 4, num_patients)
    label = (np.arange(num_patients) < share * num_patients).astype(np.int64)
    patients = np.repeat(np.arange(num_patients), images)
    return Cases(
        examples=np.arange(len(patients)),
        truth=label[patients],
        patients=patients,
        patient_ids=tuple(f"p{number}" for number in range(num_patients)),
        classes=("absent", "present"),
        unit="patient",
    )


def test_every_example_is_tested_once_per_repeat() -> None:
    cases = make_cases()
    folds = draw_folds(cases, FoldPlan(count=5, repeats=2), seed=1)
    assert [(fold.repeat, fold.fold) for fold in folds] == [(r, f) for r in range(2) for f in range(5)]
    for repeat in range(2):
        tested = np.concatenate([fold.test for fold in folds if fold.repeat == repeat])
        assert sorted(tested) == list(cases.examples)


def test_parts_share_no_patient_and_cover_everything() -> None:
    cases = make_cases()
    for fold in draw_folds(cases, FoldPlan(count=4), seed=3):
        groups = [set(cases.patients[positions]) for _, positions in fold.parts()]
        assert not groups[0] & groups[1] and not groups[0] & groups[2] and not groups[1] & groups[2]
        assert sum(len(positions) for _, positions in fold.parts()) == len(cases.examples)


def test_parts_are_stratified_and_the_inner_share_is_kept() -> None:
    cases = make_cases(num_patients=300, share=0.3)
    for fold in draw_folds(cases, FoldPlan(count=5, inner=0.25), seed=3):
        patients = {name: patients_per_class(cases, positions) for name, positions in fold.parts()}
        assert all(abs(count[1] / count.sum() - 0.3) < 0.07 for count in patients.values())
        assert patients["inner"].sum() / (patients["inner"] + patients["train"]).sum() == pytest.approx(0.25, abs=0.01)


def test_the_seed_and_the_repeat_move_the_folds() -> None:
    cases = make_cases()
    first, again, other = (draw_folds(cases, FoldPlan(count=5, repeats=2), seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a.test, b.test) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0].test, other[0].test)
    assert not np.array_equal(first[0].test, first[5].test)


def test_names_of_patients_do_not_move_the_folds() -> None:
    cases = make_cases()
    renamed = dataclasses.replace(cases, patient_ids=tuple(reversed(cases.patient_ids)))
    pairs = zip(draw_folds(cases, FoldPlan(), 1), draw_folds(renamed, FoldPlan(), 1), strict=True)
    assert all(np.array_equal(a.inner, b.inner) for a, b in pairs)


def test_too_few_patients_of_a_class_are_refused_with_the_number_of_folds_that_work() -> None:
    cases = make_cases(num_patients=40, share=0.3)  # 12 positive patients
    with pytest.raises(DataError, match=r"'present' .*\b12 .*\b2 folds"):
        draw_folds(cases, FoldPlan(count=5), seed=1)
    assert len(draw_folds(cases, FoldPlan(count=2), seed=1)) == 2


def test_hopelessly_few_patients() -> None:
    with pytest.raises(DataError, match=r"\b2 patients"):
        draw_folds(make_cases(num_patients=20, share=0.1), FoldPlan(count=5), seed=1)


def test_patients_who_share_images_are_too_few_groups_for_the_folds() -> None:
    cases = make_cases(120)
    linked = dataclasses.replace(cases, linked=cases.patients % 2)
    with pytest.raises(DataError, match=r"\b2 patients .*share.*\b5 folds"):
        draw_folds(linked, FoldPlan(count=5), seed=1)


def test_few_inner_patients_fix_the_epochs() -> None:
    few = draw_folds(make_cases(num_patients=200, share=0.15), FoldPlan(count=5), seed=1)
    many = draw_folds(make_cases(num_patients=200), FoldPlan(count=5), seed=1)
    assert all(fold.fixed_epochs for fold in few)
    assert not any(fold.fixed_epochs for fold in many)


def test_a_patient_with_both_labels_moves_whole() -> None:
    cases = make_cases()
    truth = cases.truth.copy()
    several = np.flatnonzero(np.bincount(cases.patients) > 1)[:20]
    truth[[int(np.flatnonzero(cases.patients == patient)[0]) for patient in several]] ^= 1
    mixed = dataclasses.replace(cases, truth=truth, unit="image")
    for fold in draw_folds(mixed, FoldPlan(count=5), seed=1):
        assert not set(mixed.patients[fold.test]) & set(mixed.patients[fold.train])


@pytest.mark.parametrize("seed", range(3))
def test_several_labels_are_spread_over_folds_and_patients_stay_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    patients = np.repeat(np.arange(200), 2)
    truth = (rng.random((200, 3)) < [0.5, 0.3, 0.2]).astype(int)[patients]
    truth[1::2] &= rng.integers(0, 2, (200, 3))  # a second image has some of the labels of the first
    names = tuple(map(str, range(200)))
    cases = Cases(np.arange(400), truth, patients, names, ("a", "b", "c"), "image", kind="multilabel")
    folds = draw_folds(cases, FoldPlan(count=4, repeats=2), seed)
    assert len(folds) == 8
    for fold in folds:
        parts = [set(patients[positions].tolist()) for _, positions in fold.parts()]
        assert sum(map(len, parts)) == 200 == len(set().union(*parts))
        share = truth[fold.test].sum(axis=0) / truth.sum(axis=0)
        assert np.abs(share - 0.25).max() < 0.06
    again = draw_folds(cases, FoldPlan(count=4, repeats=2), seed)
    assert all(np.array_equal(one.test, other.test) for one, other in zip(folds, again, strict=True))


def test_a_label_that_nearly_all_have_is_refused() -> None:
    truth = np.ones((60, 2), int)
    truth[:30, 0] = 0
    truth[:2, 1] = 0
    names = tuple(map(str, range(60)))
    cases = Cases(np.arange(60), truth, np.arange(60), names, ("a", "b"), "image", kind="multilabel")
    with pytest.raises(DataError, match=r"\b5 folds"):
        draw_folds(cases, FoldPlan(count=5), seed=0)


def test_every_part_has_known_cases_of_both_kinds_where_labels_are_ignored() -> None:
    rng = np.random.default_rng(0)
    cases = make_cases(200)
    truth = (rng.random((len(cases.truth), 2)) < (0.5, 0.3)).astype(np.int64)
    truth[cases.patients >= 60, 1] = UNKNOWN
    partly = dataclasses.replace(cases, truth=truth, classes=("a", "b"), kind="multilabel", unit="image")
    for fold in draw_folds(partly, FoldPlan(count=4), seed=3):
        for _, positions in fold.parts():
            for value in (0, 1):
                assert len(np.unique(cases.patients[positions][truth[positions, 1] == value])) >= 1
        assert min(patients_per_class(partly, fold.test)) >= 5
    known = dataclasses.replace(partly, truth=np.where(truth == UNKNOWN, 0, truth))
    np.testing.assert_array_equal(patients_per_class(partly, cases.examples), patients_per_class(known, cases.examples))
