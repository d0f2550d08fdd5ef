"""The files of a finished run: its record, predictions, history and learned weights."""

from __future__ import annotations

from dataclasses import astuple, fields
from pathlib import Path

import numpy as np

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.disk import write_text
from radtl_tf.records.folder import RunFolder
from radtl_tf.records.runs import Run
from radtl_tf.training.learned_weights import write_learned
from radtl_tf.training.losses import inner_loss
from radtl_tf.training.prediction_rows import prediction_rows
from radtl_tf.training.run import Epoch, Outcome


def run_record(cases: Cases, run: Run, fold: Fold, outcome: Outcome) -> dict[str, object]:
    """Return what ``run.json`` says of a run's data and training: what was shown, chosen and reached."""
    return {
        **run.scenario.as_dict(),
        "repeat": run.repeat,
        "fold": run.fold,
        "train_patients": len(np.unique(cases.patients[fold.train])),
        "images_per_epoch": fold.images_per_epoch,
        "epochs": len(outcome.history),
        "waiting": sum(row.waiting for row in outcome.history),
        "best_epoch": outcome.best_epoch,
        "fixed_epochs": fold.fixed_epochs,
        "converged": outcome.converged,
        "diverged": outcome.diverged,
        "constant": not np.ptp(outcome.scores["test"], axis=0).any(),
        "inner_loss": inner_loss(cases.labels[fold.inner], outcome.scores["inner"]),
    }


def write_run_files(folder: Path, plan: Plan, run: Run, fold: Fold, outcome: Outcome) -> None:
    """Write predictions, history and learned weights of a run into ``folder``.

    Raises:
        OutputError: a file cannot be written.
    """
    files = RunFolder(folder)
    history = [astuple(row) for row in outcome.history]
    cells = run.scenario.cells
    rows = ((*row, *cells) for row in prediction_rows(plan.cases, run.scenario.name, fold, outcome.scores))
    write_text(files.predictions, csv_text(plan.target.prediction_columns, rows))
    write_text(files.history, csv_text([field.name for field in fields(Epoch)], history))
    write_learned(files.weights, outcome.learned)
