"""The trivial baselines as estimates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.evaluate import evaluate, write_tables
from radtl_tf.evaluation.question.baselines import COLUMNS, baseline_folds, baseline_table
from radtl_tf.evaluation.results.experiment_record import read_record
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.evaluation.results.units import fold_values
from radtl_tf.records.folder import OutputFolder


@pytest.fixture
def folder(outcome: Callable[..., Path]) -> Path:
    """Return an experiment whose baselines are the predictions of its first scenario under another name."""
    place = outcome()
    table = pd.read_csv(place / "predictions.csv", dtype=str)
    first = table[table["scenario"] == table["scenario"].iloc[0]].assign(scenario="mean and SD")
    first.to_csv(OutputFolder(place).baselines, index=False)
    return place


def test_a_baseline_has_the_mean_of_its_folds_and_an_interval(folder: Path) -> None:
    record = read_record(folder)
    (row,) = baseline_table(record, baseline_folds(folder, record)).to_dict("records")
    values = fold_values(read_predictions(OutputFolder(folder).baselines), record.data.unit)
    assert (row["scenario"], row["tuning"]) == ("mean and SD", "baseline")
    assert row["mean"] == pytest.approx(values["value"].mean())
    assert row["ci_low"] < row["mean"] < row["ci_high"]


def test_without_baselines_there_is_no_row(folder: Path) -> None:
    OutputFolder(folder).baselines.unlink()
    table = baseline_table(read_record(folder), baseline_folds(folder, read_record(folder)))
    assert table.empty and tuple(table.columns) == COLUMNS


def test_estimates_and_report_show_them(folder: Path) -> None:
    evaluation = evaluate(folder)
    write_tables(folder, evaluation)
    written = pd.read_csv(folder / "estimates.csv")
    row = written[written["tuning"] == "baseline"].iloc[0]
    assert (row["scenario"], row["mean"]) == ("mean and SD", pytest.approx(evaluation.baselines["mean"].iloc[0]))
    assert pd.isna(row["backbone"]) and pd.isna(row["learning_rate"])
    OutputFolder(folder).baselines.write_text("scenario\nx\n")
    with pytest.raises(DataError, match=r"baselines\.csv.*column"):
        evaluate(folder)
