"""Predictions as units: arrays of truth and score per patient or per image, and the values of every run."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from radtl_tf.errors import DataError
from radtl_tf.evaluation.metrics.auroc import Score, Truth
from radtl_tf.evaluation.metrics.metric_table import INNER_LOSSES, question_metric
from radtl_tf.evaluation.results.predictions import RUN
from radtl_tf.records.experiment import Unit
from radtl_tf.records.runs import BINARY, Target


def arrays(rows: pd.DataFrame, target: Target) -> tuple[Truth, Score]:
    """Return truth and score of predictions: (n,) each, or (n, K) with several classes."""
    if not target.outputs:
        return rows["truth"].to_numpy(), rows["score"].to_numpy()
    return rows[list(target.truth)].to_numpy(), rows[list(target.score)].to_numpy()


_LABELS = {
    "binary": ("of both classes", "class"),
    "regression": ("with different numbers", "number"),
    "ordinal": ("of different stages", "stage"),
}


def by_unit(predictions: pd.DataFrame, unit: Unit, target: Target = BINARY) -> pd.DataFrame:
    """Return one row per run, part and unit; a ``patient`` gets the mean score of all images, an ``image`` its own.

    A patient has the label of the images where it is known.

    Raises:
        DataError: ``unit`` is ``patient`` and a patient has images of different classes or numbers.
    """
    if unit == "image":
        return predictions
    labels = predictions[["patient", *target.truth]].drop_duplicates()
    num_mixed = int((labels.groupby("patient")[list(target.truth)].nunique() > 1).any(axis=1).sum())
    if num_mixed:
        several, one = _LABELS.get(target.kind, ("of different classes", "class"))
        raise DataError(
            f"{num_mixed} patients have images {several}, but unit = 'patient' needs one {one} per patient: "
            "use unit = 'image'."
        )
    grouped = predictions.groupby([*RUN, "part", "patient"], sort=False)
    rules = dict.fromkeys(target.truth, "first") | dict.fromkeys(target.score, "mean")
    return grouped.agg(rules).reset_index()


def fold_values(predictions: pd.DataFrame, unit: Unit, target: Target = BINARY) -> pd.DataFrame:
    """Return one row per run: ``value`` of the test part, ``inner_value`` and ``inner_loss`` of the inner part.

    Values are those of the question's metric, the AUROC or the MAE, per ``unit``; the inner loss is per image, as
    training chooses by it. A run without inner rows, or with only one class in them, has ``nan`` there.
    """
    return values_of_units(by_unit(predictions, unit, target), predictions, target)


def values_of_units(units: pd.DataFrame, predictions: pd.DataFrame, target: Target = BINARY) -> pd.DataFrame:
    """Return the ``fold_values`` of ``units``, which come from ``by_unit``."""
    test, inner = units["part"] == "test", units["part"] == "inner"
    images, metric = predictions[predictions["part"] == "inner"], question_metric(target.kind).of(target.kind)
    values = {
        "value": _per_run(units[test], target, metric),
        "inner_loss": _per_run(images, target, INNER_LOSSES[target.kind]),
        "inner_value": _per_run(units[inner], target, metric),
    }
    tested = values["value"].index  # a run without test rows has no value
    return pd.DataFrame(values, index=tested).rename_axis(RUN).reset_index()


def _per_run(rows: pd.DataFrame, target: Target, metric: Callable[[Truth, Score], float]) -> pd.Series:
    truth, score = arrays(rows, target)
    places = rows.groupby(RUN, sort=False).indices
    in_order = rows[RUN].drop_duplicates().itertuples(index=False, name=None)
    values = {run: metric(truth[places[run]], score[places[run]]) for run in in_order}
    return pd.Series(values, dtype=float)
