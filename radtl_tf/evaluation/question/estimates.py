"""Rows of ``estimates.csv``: the mean of a metric over the folds, with its interval."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from radtl_tf.evaluation.inference.corrected_t import FoldMean, fold_mean
from radtl_tf.evaluation.inference.repeated_folds import measured_mean
from radtl_tf.evaluation.question.chosen_runs import Side
from radtl_tf.evaluation.question.inner_choice import Measured, RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.records.runs import SELECTED, Setting

ESTIMATE_COLUMNS = (
    *("scenario", "backbone", "weights", "tuning", "learning_rate", "metric"),
    *("mean", "sd", "ci_low", "ci_high", "method", "pixels", "not_converged"),
    *("ci_low_by_folds", "ci_high_by_folds"),  # from the fold values alone
)


def setting_row(
    record: ExperimentRecord,
    setting: Setting,
    metric: str,
    per_fold: pd.Series,
    bounds: tuple[float, float],
    num_stuck: int,
) -> tuple[object, ...]:
    """Return the row of a setting at its chosen learning rates; the interval is cut at ``bounds``.

    If a fold has no value (``nan``), the row has none, and ``method`` says so: a mean over the other folds would be too
    favorable.
    """
    estimate = fold_mean(per_fold.to_numpy(), record.num_folds)
    low, high = np.clip(estimate.interval(), *bounds).tolist()  # nan stays nan
    method = f"mean of {len(per_fold)} fold values, {estimate.described}; sd over folds"
    num_lost = int(per_fold.isna().sum())
    return (
        *(setting.name, setting.network, setting.weights, setting.tuning, SELECTED, metric),
        *(estimate.mean, math.nan if num_lost else estimate.sd, low, high),
        f"none: not defined in {num_lost} of {len(per_fold)} folds" if num_lost else method,
        *(setting.pixels, num_stuck, low, high),
    )


def value_cells(record: ExperimentRecord, measured: Measured) -> dict[str, object]:
    """Return the cells of a value: mean, SD over folds, interval, method, and the interval by the fold values alone.

    The interval of an AUROC is on the scale of log-odds, the one of an MAE on the log scale, so that neither leaves the
    possible values; the one by folds is cut there.
    """
    values, metric = measured.folds.to_numpy(), record.question_metric
    found, by_folds = measured_mean(values, record.num_folds, measured.patients), fold_mean(values, record.num_folds)
    low, high = value_interval(record, found)
    low_by_folds, high_by_folds = np.clip(by_folds.interval(), metric.low, metric.high).tolist()  # nan stays nan
    scale = "the log scale" if metric.has_unit else "the scale of log-odds"
    return {
        "mean": found.mean,
        "sd": found.sd,
        "ci_low": low,
        "ci_high": high,
        "method": f"mean of {len(values)} fold values, {found.described}, on {scale}; sd over folds",
        "ci_low_by_folds": low_by_folds,
        "ci_high_by_folds": high_by_folds,
    }


def value_interval(record: ExperimentRecord, found: FoldMean) -> tuple[float, float]:
    """Return the 95 % interval of a value of the question's metric, which stays within the possible values."""
    return found.interval_of_positive() if record.question_metric.has_unit else found.interval_of_share()


def num_stuck(values: RunValues, side: Side) -> int:
    """Return how many runs of a side had not converged."""
    names = [name for name, _, _ in side.keys]
    stuck = values.stuck
    rows = stuck.index.get_indexer(side.folds).repeat([len(runs) for runs in side.runs.values()])
    return int(stuck.to_numpy()[rows, stuck.columns.get_indexer(pd.Index(names))].sum())
