"""Read the losses of every epoch of every run: the runs' ``history.csv``."""

from __future__ import annotations

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
    tables = [_read(folder, *run) for run in record.runs[RUN].itertuples(index=False)]
    found = [table for table in tables if len(table)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*RUN, *_NUMBERS])


def _read(folder: Path, scenario: str, repeat: int, fold: int) -> pd.DataFrame:
    path = RunFolder(OutputFolder(folder).runs / scenario / f"{repeat}-{fold}").history
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


_ADVICE = "Delete this run's folder and run the experiment again."
