"""What every patient adds to the error of every scenario's AUROC or MAE, for each repeat of the folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.evaluation.inference.repeated_folds import ByPatient, contributions, error_contributions
from radtl_tf.evaluation.metrics.auroc import Truth
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunPart, RunParts


@dataclass(frozen=True)
class PatientTable:
    """``added`` (S, R, P) for S scenarios, R repeats and P patients; ``names`` (S,) of the scenarios.

    ``rows`` (R, P) is the place of the test part of each patient among the (repeat, fold), in ascending order.
    ``groups`` (P,) and ``trained`` (S,) as in ``ByPatient``.
    """

    names: pd.Index
    added: NDArray[np.float64]
    rows: NDArray[np.int64]
    groups: NDArray[np.int64]
    trained: NDArray[np.float64]

    def at(self, chosen: Sequence[str]) -> ByPatient:
        """Return the patients of a side that is represented by one scenario per (repeat, fold)."""
        place = self.names.get_indexer(pd.Index(chosen))
        repeats, patients = np.indices(self.rows.shape)
        return ByPatient(
            self.added[place[self.rows], repeats, patients], self.groups, float(self.trained[place].mean())
        )

    def mean(self, names: Sequence[str]) -> ByPatient:
        """Return the patients of a side that is represented by the mean over scenarios."""
        place = self.names.get_indexer(pd.Index(names))
        return ByPatient(self.added[place].mean(axis=0), self.groups, float(self.trained[place].mean()))


def patient_table(record: ExperimentRecord, parts: RunParts) -> PatientTable:
    """Return the table of an experiment whose ``predictions.csv`` is complete."""
    names = [scenario.name for scenario in record.scenarios]
    repeats = [
        [parts.test((names[0], repeat, fold)) for fold in range(record.num_folds)]
        for repeat in range(record.num_repeats)
    ]
    everyone = np.unique(np.concatenate([test.patient for test in repeats[0]]))
    owners = [[np.searchsorted(everyone, test.patient) for test in tests] for tests in repeats]
    rows = np.empty((record.num_repeats, len(everyone)), np.int64)
    for repeat, tests in enumerate(owners):
        for fold, of_fold in enumerate(tests):
            rows[repeat, of_fold] = repeat * record.num_folds + fold
    added = _added_to_error if record.target.is_number else _added
    each = [
        added(
            [[parts.test((name, repeat, fold)) for fold in range(record.num_folds)] for name in names],
            of_repeat,
            len(everyone),
        )
        for repeat, of_repeat in enumerate(owners)
    ]
    sizes = record.runs.groupby("scenario")["train_patients"].mean().reindex(names).to_numpy()
    labels = [np.zeros(len(test.truth)) if record.target.is_number else test.truth for test in repeats[0]]
    groups = _groups(np.concatenate(labels), np.concatenate(owners[0]), len(everyone))
    return PatientTable(pd.Index(names), np.stack(each, axis=1), rows, groups, sizes / record.data.patients)


def _added(
    tests: Sequence[Sequence[RunPart]], owners: Sequence[NDArray[np.int64]], num_patients: int
) -> NDArray[np.float64]:
    """Return what each patient adds in one repeat (S, P) of each scenario: with several classes, the mean over them.

    All scenarios have the same test cases, so they are ranked together.
    """
    truth, patients = np.concatenate([test.truth for test in tests[0]]), np.concatenate(owners)
    scores = np.stack([np.concatenate([test.score for test in of]) for of in tests], axis=-1)
    folds = np.repeat(np.arange(len(owners)), [len(of) for of in owners])
    found = []
    for number, labels in enumerate(truth.reshape(len(truth), -1).T):
        known = ~np.isnan(labels)
        of_class = scores.reshape(len(truth), -1, len(tests))[known, number]
        found.append(contributions(labels[known] == 1, of_class, folds[known], patients[known], num_patients))
    return np.mean(found, axis=0).T


def _added_to_error(
    tests: Sequence[Sequence[RunPart]], owners: Sequence[NDArray[np.int64]], num_patients: int
) -> NDArray[np.float64]:
    """Return what each patient adds to the error of one repeat's mean MAE (S, P) of each scenario."""
    folds = np.repeat(np.arange(len(owners)), [len(of) for of in owners])
    errors = [np.concatenate([np.abs(test.score - test.truth) for test in of]) for of in tests]
    return np.stack([error_contributions(of, folds, np.concatenate(owners), num_patients) for of in errors])


def _groups(truth: Truth, patients: NDArray[np.int64], num_patients: int) -> NDArray[np.int64]:
    """Number the patients' combinations of labels (P,): those of all their cases; unknown ones are a label, too."""
    labels = np.nan_to_num(truth.reshape(len(truth), -1).astype(float), nan=-1.0)
    low, high = np.full((num_patients, labels.shape[1]), np.inf), np.full((num_patients, labels.shape[1]), -np.inf)
    np.minimum.at(low, patients, labels)
    np.maximum.at(high, patients, labels)
    return np.unique(np.hstack([low, high]), axis=0, return_inverse=True)[1].ravel()
