"""The tables of an output folder as typed DataFrames: ``Result.frame``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from radtl_tf.errors import DataError, OutputError
from radtl_tf.records.experiment_facts import ExperimentFacts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import SETTING_COLUMNS, Run, Scenario

# Text columns; all others are numbers. Only in estimates.csv is a learning rate text, since it may be "selected".
_TEXT = frozenset(
    ("scenario", "backbone", "weights", "pixels", "tuning", "metric", "method", "level", "a", "b", "note", "part")
    + ("patient",)
)
_RUN = ("scenario", "repeat", "fold", *SETTING_COLUMNS)


def read_table(path: Path, *text: str) -> pd.DataFrame:
    """Return a CSV file of an output folder; ``text`` names further text columns. An empty number is ``nan``.

    Raises:
        OutputError: the file is missing or damaged.
    """
    try:
        names = [name for name in pd.read_csv(path, nrows=0, encoding="utf-8").columns]
        words = [name for name in names if name in _TEXT or name in text]
        numbers = {name: ["", "nan"] for name in names if name not in words}
        types = dict.fromkeys(words, str)
        return pd.read_csv(path, dtype=types, na_values=numbers, keep_default_na=False, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}).") from error
    except ValueError as error:  # pandas' parser errors are ValueErrors
        raise OutputError(f"{path} is damaged: not a CSV table. Delete it and run the experiment again.") from error


def read_predictions(folder: OutputFolder, facts: ExperimentFacts) -> pd.DataFrame:
    """Return every prediction of the finished runs, with the columns of its scenario.

    Raises:
        OutputError: the file is missing or damaged.
    """
    table = read_table(folder.predictions)
    if set(SETTING_COLUMNS) <= set(table):
        return table.astype({"learning_rate": float})
    return _with_settings(table, facts)


def _with_settings(table: pd.DataFrame, facts: ExperimentFacts) -> pd.DataFrame:
    """Add the columns of the settings to predictions of an earlier version, which has only the scenarios' names."""
    made_of = pd.DataFrame([(one.name, *one.cells) for one in facts.scenarios], columns=["scenario", *SETTING_COLUMNS])
    merged = table.merge(made_of, on="scenario", how="left", validate="many_to_one")
    if merged["backbone"].isna().any():
        raise DataError("predictions.csv names scenarios that the experiment does not have: restore the file.")
    return merged.astype({"learning_rate": float})


def read_histories(folder: OutputFolder) -> pd.DataFrame:
    """Return a row per epoch of every finished run, with the run's columns first; losses are in nats.

    Raises:
        OutputError: a file is damaged.
    """
    tables = list(_histories(folder))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*_RUN, "epoch"])


def _histories(folder: OutputFolder) -> Iterator[pd.DataFrame]:
    for record in folder.run_records():
        scenario = Scenario.from_dict(dict(record))
        path = folder.files(Run(scenario, record["repeat"], record["fold"])).history
        if not path.exists():
            continue
        table = read_table(path)
        if len(table):
            values = (scenario.name, record["repeat"], record["fold"], *scenario.cells)
            for at, (name, value) in enumerate(zip(_RUN, values, strict=True)):
                table.insert(at, name, value)
            yield table.astype({"learning_rate": float})
