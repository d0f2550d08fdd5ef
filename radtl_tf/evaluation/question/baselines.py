"""The trivial baselines of an experiment: their predictions, made on the same folds, as rows of estimates."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from radtl_tf.evaluation.question.estimates import value_cells
from radtl_tf.evaluation.question.inner_choice import Measured
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.evaluation.results.units import fold_values
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import BASELINE

COLUMNS = (
    *("scenario", "tuning", "metric", "mean", "sd", "ci_low", "ci_high", "method"),
    *("ci_low_by_folds", "ci_high_by_folds"),
)


def baseline_folds(folder: Path, record: ExperimentRecord) -> pd.DataFrame:
    """Return the test AUROC or MAE per (repeat, fold), a column per baseline; no columns if the experiment has none.

    Raises:
        DataError: ``baselines.csv`` is damaged or incomplete.
    """
    path = OutputFolder(folder).baselines
    if not path.exists():
        return pd.DataFrame()
    values = fold_values(read_predictions(path, record.target), record.data.unit, record.target)
    table = values.pivot(index=["repeat", "fold"], columns="scenario", values="value")
    return table[list(dict.fromkeys(values["scenario"]))]


def baseline_table(record: ExperimentRecord, folds: pd.DataFrame) -> pd.DataFrame:
    """Return a row per baseline of ``folds``, as ``baseline_folds`` returns them, with its value over the folds."""
    rows = [_row(record, str(name), values) for name, values in folds.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(record: ExperimentRecord, name: str, values: pd.Series) -> dict[str, object]:
    named = {"scenario": name, "tuning": BASELINE, "metric": record.question_metric.key}
    return named | value_cells(record, Measured(values))
