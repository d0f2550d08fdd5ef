"""Predictions as units: arrays of truth and score per patient or per image, and the values of every run."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from radtl_tf.errors import DataError
from radtl_tf.evaluation.metrics.auroc import LOG_LOSSES, Score, Truth, auroc
from radtl_tf.evaluation.results.predictions import RUN
from radtl_tf.records.experiment import Unit
from radtl_tf.records.runs import BINARY, Target


def arrays(rows: pd.DataFrame, target: Target) -> tuple[Truth, Score]:
    """Return truth and score of predictions: (n,) each, or (n, K) with several classes."""
    if target.is_binary:
        return rows["truth"].to_numpy(), rows["score"].to_numpy()
    return rows[list(target.truth)].to_numpy(), rows[list(target.score)].to_numpy()


def by_unit(predictions: pd.DataFrame, unit: Unit, target: Target = BINARY) -> pd.DataFrame:
    """Return one row per run, part and unit; a ``patient`` gets the mean score of all images, an ``image`` its own.

    A patient has the label of the images where it is known.

    Raises:
        DataError: ``unit`` is ``patient`` and a patient has images of different classes.
    """
    if unit == "image":
        return predictions
    labels = predictions[["patient", *target.truth]].drop_duplicates()
    num_mixed = int((labels.groupby("patient")[list(target.truth)].nunique() > 1).any(axis=1).sum())
    if num_mixed:
        classes = "both classes" if target.is_binary else "different classes"
        raise DataError(
            f"{num_mixed} patients have images of {classes}, but unit = 'patient' needs one class per patient: "
            "use unit = 'image'."
        )
    grouped = predictions.groupby([*RUN, "part", "patient"], sort=False)
    rules = dict.fromkeys(target.truth, "first") | dict.fromkeys(target.score, "mean")
    return grouped.agg(rules).reset_index()


def fold_values(predictions: pd.DataFrame, unit: Unit, target: Target = BINARY) -> pd.DataFrame:
    """Return one row per run: ``auroc`` of the test part, ``inner_auroc`` and ``inner_loss`` of the inner part.

    AUROCs are per ``unit``; the inner loss is per image, as training minimizes it. A run without inner rows, or with
    only one class in them, has ``nan`` there.
    """
    units = by_unit(predictions, unit, target)
    test, inner = units["part"] == "test", units["part"] == "inner"
    images = predictions[predictions["part"] == "inner"]
    values = {
        "auroc": _per_run(units[test], target, auroc),
        "inner_loss": _per_run(images, target, LOG_LOSSES[target.kind]),
        "inner_auroc": _per_run(units[inner], target, auroc),
    }
    tested = values["auroc"].index  # a run without test rows has no value
    return pd.DataFrame(values, index=tested).rename_axis(RUN).reset_index()


def _per_run(rows: pd.DataFrame, target: Target, metric: Callable[[Truth, Score], float]) -> pd.Series:
    truth, score = arrays(rows, target)
    places = rows.groupby(RUN, sort=False).indices
    in_order = rows[RUN].drop_duplicates().itertuples(index=False, name=None)
    values = {run: metric(truth[places[run]], score[places[run]]) for run in in_order}
    return pd.Series(values, dtype=float)
