"""Read the losses of every epoch of every run: the runs' ``history.csv``."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from radtl_tf.errors import DataError, nearest
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.predictions import RUN
from radtl_tf.records.folder import OutputFolder, RunFolder

LOSSES = ("loss", "inner_loss")
_NUMBERS = ("epoch", *LOSSES)


def read_histories(folder: Path, record: ExperimentRecord) -> pd.DataFrame:
    """Return scenario, repeat, fold, epoch and losses (nats) of every finished run; no rows for runs without epochs.

    Raises:
        DataError: a file is damaged.
    """
    epochs = [row for run in record.runs[RUN].itertuples(index=False) for row in _read(folder, *run)]
    table = pd.DataFrame(epochs, columns=[*RUN, *_NUMBERS])
    return table.astype(dict.fromkeys(LOSSES, float))


def _read(folder: Path, scenario: str, repeat: int, fold: int) -> list[tuple[object, ...]]:
    """Return the rows of one run: its scenario, repeat and fold, epoch and losses.

    pandas takes some milliseconds for a short file, and an experiment may have thousands of them.
    """
    path = RunFolder(OutputFolder(folder).runs / scenario / f"{repeat}-{fold}").history
    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        missing = [name for name in _NUMBERS if name not in header]
        if missing:
            raise DataError(f"{path}: has no column {missing[0]!r}{nearest(missing[0], header)}. {_ADVICE}")
        epoch, *losses = (header.index(name) for name in _NUMBERS)
        return [(scenario, repeat, fold, int(row[epoch]), *(float(row[at] or "nan") for at in losses)) for row in rows]
    except (ValueError, IndexError, csv.Error) as error:
        raise DataError(f"{path}: not a table of epochs. {_ADVICE}") from error


_ADVICE = "Delete this run's folder and run the experiment again."
