"""Check and write the folds of an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from radtl_tf.data.folds.draw import MIN_INNER_PATIENTS, Fold
from radtl_tf.data.folds.training_share import with_share_of_training
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.runs import FOLD_COLUMNS


def check_shares(cases: Cases, folds: Sequence[Fold], experiment: Experiment) -> None:
    """Check that every share of the training patients contains every class in every fold.

    Raises:
        DataError: a class would have no patient.
    """
    for fold, share in product(folds, experiment.grid.train_fractions):
        with_share_of_training(cases, fold, share, experiment.seed)


def fold_warnings(folds: Sequence[Fold]) -> list[str]:
    """Return a warning if some inner parts are too small to choose an epoch."""
    fixed = sum(fold.fixed_epochs for fold in folds)
    if not fixed:
        return []
    return [
        f"{fixed} of {len(folds)} inner parts have fewer than {MIN_INNER_PATIENTS} patients of a class: "
        "their runs keep the last epoch instead of choosing one."
    ]


def folds_text(cases: Cases, folds: Sequence[Fold]) -> str:
    """Return the text of ``folds.csv``: a row per repeat, fold, part and example."""
    patient = cases.patient_ids
    rows = (
        (int(row), patient[cases.patients[row]], fold.repeat, fold.fold, part)
        for fold in folds
        for part, positions in fold.parts()
        for row in positions
    )
    return csv_text(FOLD_COLUMNS, rows)
