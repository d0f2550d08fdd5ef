"""The trivial baselines of an experiment: their predictions, made on the same folds, as rows of estimates."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from radtl_tf.evaluation.metrics.metric_table import AUROC
from radtl_tf.evaluation.question.estimates import auroc_cells
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


def baseline_table(folder: Path, record: ExperimentRecord) -> pd.DataFrame:
    """Return a row per baseline with its AUROC over the folds; no rows if the experiment has none.

    Raises:
        DataError: ``baselines.csv`` is damaged or incomplete.
    """
    path = OutputFolder(folder).baselines
    if not path.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    values = fold_values(read_predictions(path, record.target), record.data.unit, record.target)
    rows = [_row(record, str(name), group["auroc"]) for name, group in values.groupby("scenario", sort=False)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(record: ExperimentRecord, name: str, aurocs: pd.Series) -> dict[str, object]:
    named = {"scenario": name, "tuning": BASELINE, "metric": AUROC.key}
    return named | auroc_cells(record, Measured(aurocs))
