"""What every epoch of every run left behind: read from the runs' ``history.csv``, averaged per setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from radtl_tf.errors import DataError, nearest
from radtl_tf.evaluation.results.record import Record
from radtl_tf.evaluation.secondary.roc_curves import QUESTION, Line

FILE = "history.csv"
LOSSES = ("loss", "inner_loss")
_NUMBERS = ("epoch", *LOSSES)
_RUN = ["scenario", "repeat", "fold"]


@dataclass(frozen=True)
class Course:
    """How the runs of one line went: its setting at the learning rate that was chosen in each fold.

    ``epochs`` has a row per epoch (its index, from 1) and per loss the columns ``<loss>_mean``, ``<loss>_low`` and
    ``<loss>_high`` over the runs that went so far. ``kept`` has a row per run: the epoch that was kept, and whether the
    run was ``stuck`` (its inner loss was still falling at the end).
    """

    line: Line
    epochs: pd.DataFrame
    kept: pd.DataFrame


def read_histories(folder: Path, record: Record) -> pd.DataFrame:
    """Return scenario, repeat, fold, epoch and the losses (nats) of every finished run; none of runs without epochs.

    Raises:
        DataError: a file is damaged.
    """
    tables = [_read(folder, *run) for run in record.runs[_RUN].itertuples(index=False)]
    found = [table for table in tables if len(table)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*_RUN, *_NUMBERS])


def courses(record: Record, shown: Sequence[Line], histories: pd.DataFrame) -> list[Course]:
    """Return the course of every setting among ``shown``; none where no run left a history."""
    by_run = dict(list(histories.groupby(_RUN, sort=False)))
    runs = record.runs.set_index(_RUN)
    found = []
    for line in shown:
        rows = [by_run[run] for run in line.runs if run in by_run]
        if line.panel != QUESTION and rows:
            kept = runs.loc[pd.MultiIndex.from_tuples(line.runs)].reset_index(drop=True)
            table = pd.DataFrame({"epoch": kept["best_epoch"], "stuck": kept["converged"].isin([False])})
            found.append(Course(line, _spread(pd.concat(rows)), table))
    return found


def _spread(rows: pd.DataFrame) -> pd.DataFrame:
    by_epoch = rows.groupby("epoch")
    columns = {
        f"{loss}_{name}": by_epoch[loss].agg(how)
        for loss in LOSSES
        for name, how in (("mean", "mean"), ("low", "min"), ("high", "max"))
    }
    return pd.DataFrame(columns)


def _read(folder: Path, scenario: str, repeat: int, fold: int) -> pd.DataFrame:
    path = folder / "runs" / scenario / f"{repeat}-{fold}" / FILE
    if not path.exists():
        return pd.DataFrame()
    try:
        table = pd.read_csv(path, encoding="utf-8")
        missing = [name for name in _NUMBERS if name not in table]
        if missing:
            raise DataError(f"{path}: has no column {missing[0]!r}{nearest(missing[0], table.columns)}. {_ADVICE}")
        numbers = table[list(_NUMBERS)].astype(float).astype({"epoch": int})
    except ValueError as error:  # pandas' parser errors are ValueErrors
        raise DataError(f"{path}: not a table of epochs. {_ADVICE}") from error
    return numbers.assign(scenario=scenario, repeat=repeat, fold=fold)


_ADVICE = "Delete this run's folder and finish the experiment again."
