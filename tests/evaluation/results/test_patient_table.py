"""What the patients add, read from the predictions of an experiment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.evaluation.inference.repeated_folds import contributions
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord, read_record
from radtl_tf.evaluation.results.patient_table import PatientTable, patient_table
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.evaluation.results.run_parts import RunParts
from radtl_tf.records.folder import OutputFolder

Outcome = Callable[..., Path]
SMALL = {"backbones": ("ResNet50",), "tunings": {"frozen": (0.01,)}, "num_patients": 120}


def read(folder: Path) -> tuple[ExperimentRecord, RunParts, PatientTable]:
    record = read_record(folder)
    parts = RunParts(read_predictions(OutputFolder(folder).predictions, record.target), record.data.unit, record.target)
    return record, parts, patient_table(record, parts)


@pytest.fixture
def table(outcome: Outcome) -> tuple[ExperimentRecord, RunParts, PatientTable]:
    return read(outcome(num_repeats=2, **SMALL))


def test_every_patient_is_in_each_repeat(table: tuple[ExperimentRecord, RunParts, PatientTable]) -> None:
    record, _, found = table
    assert found.added.shape == (len(record.scenarios), 2, 120)
    assert sorted(np.unique(found.rows[1]).tolist()) == list(range(5, 10))
    assert np.bincount(found.groups).tolist() == [72, 48]
    assert found.trained.tolist() == [0.625] * len(record.scenarios)  # as the drawn runs say


def test_a_mean_over_scenarios_is_that_of_their_patients(
    table: tuple[ExperimentRecord, RunParts, PatientTable],
) -> None:
    _, _, found = table
    two = list(found.names[:2])
    assert found.mean(two).added == pytest.approx(found.added[:2].mean(axis=0))
    assert (found.mean(two[:1]) - found.mean(two[1:])).added == pytest.approx(found.added[0] - found.added[1])


def test_a_choice_per_fold_takes_each_patient_from_the_run_that_tested_it(
    table: tuple[ExperimentRecord, RunParts, PatientTable],
) -> None:
    _, _, found = table
    first, second = found.names[:2]
    chosen = [first] * 7 + [second] * 3  # folds 2 to 4 of the second repeat
    late = found.rows >= 7
    assert found.at(chosen).added == pytest.approx(np.where(late, found.added[1], found.added[0]))


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_with_several_classes_it_is_the_mean_over_them(outcome: Outcome, kind: str) -> None:
    _, parts, found = read(outcome(kind=kind, classes=("a", "b", "c"), **SMALL))
    name = str(found.names[0])
    tests = [parts.test((name, 0, fold)) for fold in range(5)]
    truth, score = (np.concatenate([getattr(test, key) for test in tests]) for key in ("truth", "score"))
    folds = np.repeat(range(5), [len(test.case) for test in tests])
    owners = np.unique(np.concatenate([test.patient for test in tests]), return_inverse=True)[1]
    expected = [contributions(truth[:, c] == 1, score[:, c], folds, owners, 120) for c in range(3)]
    assert found.added[0, 0] == pytest.approx(np.mean(expected, axis=0))
    assert len(np.unique(found.groups)) == (3 if kind == "multiclass" else 8)


def test_a_patient_with_images_of_both_classes_is_a_group_of_its_own(outcome: Outcome) -> None:
    _, _, found = read(outcome(unit="image", **SMALL))
    assert len(np.unique(found.groups)) == 3
