"""Training curves of the question's settings: the losses of every epoch, over the runs of a setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.histories import LOSSES
from radtl_tf.evaluation.results.predictions import RUN
from radtl_tf.evaluation.secondary.roc_curves import QUESTION, Line


@dataclass(frozen=True)
class Course:
    """The training curve of one line: its setting at the learning rate chosen in each fold.

    ``epochs`` has a row per epoch (its index, from 1) and per loss the columns ``<loss>_mean``, ``<loss>_low`` and
    ``<loss>_high`` over the runs that reached the epoch. ``kept`` has a row per run: the epoch kept, and whether the
    run was ``stuck`` (its inner loss was still falling at the end).
    """

    line: Line
    epochs: pd.DataFrame
    kept: pd.DataFrame


def courses(record: ExperimentRecord, shown: Sequence[Line], histories: pd.DataFrame) -> list[Course]:
    """Return the course of every setting among ``shown``; none if no run has a history."""
    by_run = histories.groupby(RUN, sort=False).indices
    runs = record.runs.set_index(RUN)
    found = []
    for line in shown:
        rows = [by_run[run] for run in line.runs if run in by_run] if line.panel != QUESTION else []
        if rows:
            kept = runs.loc[pd.MultiIndex.from_tuples(line.runs)].reset_index(drop=True)
            table = pd.DataFrame({"epoch": kept["best_epoch"], "stuck": kept["converged"].isin([False])})
            found.append(Course(line, _spread(histories.iloc[np.concatenate(rows)]), table))
    return found


def _spread(rows: pd.DataFrame) -> pd.DataFrame:
    by_epoch = rows.groupby("epoch")
    columns = {
        f"{loss}_{name}": by_epoch[loss].agg(how)
        for loss in LOSSES
        for name, how in (("mean", "mean"), ("low", "min"), ("high", "max"))
    }
    return pd.DataFrame(columns)
