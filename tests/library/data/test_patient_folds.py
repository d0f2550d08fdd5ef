"""The folds as a scikit-learn splitter: as in an experiment, with and without duplicates across patients."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from radtl_tf.data.folds.draw import draw_folds
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.data.patient_folds import PatientFolds
from radtl_tf.records.experiment import FoldPlan, Kind


def linked_cases(kind: Kind, num_patients: int = 150, seed: int = 0) -> Cases:
    """Return patients with one to three images, every tenth of whom shares an image with the one five places on."""
    rng = np.random.default_rng(seed)
    patients = np.repeat(np.arange(num_patients), rng.integers(1, 4, num_patients))
    num_classes = {"binary": 2, "multiclass": 3, "multilabel": 3}[kind]
    truth = rng.integers(0, num_classes, len(patients))
    if kind == "multilabel":
        truth = (rng.random((len(patients), num_classes)) < (0.2, 0.4, 0.6)).astype(np.int64)
    joined = np.arange(num_patients)
    joined[5::10] = joined[::10]
    linked = np.unique(joined, return_inverse=True)[1][patients]
    return Cases(
        examples=np.arange(len(patients)),
        truth=truth,
        patients=patients,
        patient_ids=tuple(map(str, range(num_patients))),
        classes=tuple(map(str, range(num_classes))),
        unit="image",
        kind=kind,
        linked=linked,
    )


def compare(cases: Cases, plan: FoldPlan, groups: NDArray[Any]) -> None:
    """Check that every train and test part equals the experiment's, row by row."""
    cv = PatientFolds(plan.count, plan.repeats, seed=3, inner=plan.inner)
    pairs = list(cv.split(None, cases.truth, groups))
    folds = draw_folds(cases, plan, 3)
    assert len(pairs) == len(folds) == cv.get_n_splits()
    for (train, test), fold in zip(pairs, folds, strict=True):
        assert np.array_equal(test, fold.test)
        assert np.array_equal(train, np.sort(np.concatenate([fold.train, fold.inner])))


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_folds_are_those_of_an_experiment(kind: Kind) -> None:
    cases, plan = linked_cases(kind), FoldPlan(count=4, repeats=2, inner=0.3)
    compare(cases, plan, cases.groups)
    compare(cases, plan, np.array([f"group {(7 * number) % 1000}" for number in cases.groups]))  # any names do


def test_patients_who_share_an_image_count_once_on_both_sides() -> None:
    """Ten positive patients are only five groups: enough for two folds by patient, but not by group."""
    patients = np.arange(60)
    truth = (patients < 10).astype(np.int64)
    linked = np.where(patients < 10, patients // 2, patients - 5)
    cases = dataclasses.replace(
        linked_cases("binary"), examples=patients, truth=truth, patients=patients, linked=linked
    )
    draw_folds(dataclasses.replace(cases, linked=None), FoldPlan(count=2), 0)
    with pytest.raises(DataError):
        draw_folds(cases, FoldPlan(count=2), 0)
    with pytest.raises(DataError):
        list(PatientFolds(2).split(None, truth, linked))


def test_folds_are_those_that_a_run_wrote_down(finished_once: Path) -> None:
    data = Dataset.from_csv(finished_once / "labels.csv", positive="sick", patient="patient_id")
    with (finished_once / "out" / "folds.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    cv = PatientFolds(3, inner=0.45)
    for number, (train, test) in enumerate(cv.split(np.zeros((len(data), 1)), data.y, data.groups)):
        parts = {
            part: sorted(int(row["example"]) for row in rows if (row["fold"], row["part"]) == (str(number), part))
            for part in ("train", "inner", "test")
        }
        assert test.tolist() == parts["test"]
        assert train.tolist() == sorted(parts["train"] + parts["inner"])


def test_a_data_set_brings_its_own_groups(data: Dataset) -> None:
    cv = PatientFolds(3)
    for mine, given in zip(cv.split(data), cv.split(None, data.y, data.groups), strict=True):
        assert np.array_equal(mine[1], given[1])
        assert len({60, 0} & set(mine[1].tolist())) != 1  # an image and its copy are in the same part


def test_it_works_in_cross_val_score(data: Dataset) -> None:
    features = data.images.grey(32, "pad").reshape(len(data), -1)
    scores = cross_val_score(LogisticRegression(), features, data.y, cv=PatientFolds(3), groups=data.groups)
    assert scores.shape == (3,) and scores.min() > 0.8
    with config_context(enable_metadata_routing=True):
        routed = cross_val_score(
            LogisticRegression(), features, data.y, cv=PatientFolds(3), params={"groups": data.groups}
        )
    assert np.array_equal(routed, scores)


def test_repr_names_what_differs() -> None:
    assert repr(PatientFolds(4, repeats=2)) == "PatientFolds(count=4, inner=0.2, repeats=2, seed=726)"


@pytest.mark.parametrize("changes", [{"count": 1}, {"repeats": 0}, {"inner": 0.0}, {"seed": -1}, {"seed": 1.5}])
def test_arguments_out_of_range_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ExperimentError):
        PatientFolds(**changes)


@pytest.mark.parametrize(
    ("y", "groups"),
    [
        (None, np.arange(40)),
        (np.arange(40) % 2, None),
        (np.arange(40) % 2, np.arange(39)),
        (np.arange(40) % 2, [None, *range(39)]),
        (np.full((40, 2), 2), np.arange(40)),
        (np.zeros((2, 2, 2)), np.arange(2)),
        ([0] * 39 + [1], np.arange(40)),
    ],
)
def test_wrong_labels_and_groups_are_refused(y: Any, groups: Any) -> None:
    with pytest.raises(DataError):
        list(PatientFolds(2).split(None, y, groups))


def test_folds_of_numbers_are_those_of_an_experiment() -> None:
    cases = linked_cases("binary")
    truth = np.random.default_rng(5).normal(10, 3, len(cases.truth))
    numbers = dataclasses.replace(cases, truth=truth, classes=(), kind="regression")
    compare(numbers, FoldPlan(count=4, repeats=2), numbers.groups)
    with pytest.raises(DataError):
        list(PatientFolds(4).split(None, np.where(truth > 10, np.nan, truth), numbers.groups))


def test_whole_floats_are_classes_unless_there_are_many() -> None:
    cases = linked_cases("multiclass")
    whole = list(PatientFolds(3).split(None, cases.truth.astype(float), cases.patients))
    classes = list(PatientFolds(3).split(None, cases.truth, cases.patients))
    assert all(np.array_equal(one[1], other[1]) for one, other in zip(whole, classes, strict=True))
    ages = np.random.default_rng(0).integers(6, 18, len(cases.truth)).astype(float)
    assert len(list(PatientFolds(3).split(None, ages, cases.patients))) == 3
