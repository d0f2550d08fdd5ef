"""How well scores separate two classes, per fold and per unit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from radtl_tf.errors import DataError
from radtl_tf.evaluation.results.predictions import RUN
from radtl_tf.records.experiment import Kind, Unit
from radtl_tf.records.runs import BINARY, Target

SMALLEST = 1e-7  # float32 cannot tell a probability from 0 or 1 much below this
Result = TypeVar("Result", float, NDArray[np.float64])


def auroc(truth: NDArray[np.int64], score: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve (0..1) of ``score`` (n,) for ``truth`` (n,) of 0 and 1.

    Exact, ties counted half: the Mann-Whitney statistic of the positives' midranks (Hanley & McNeil, Radiology 1982).
    Of several classes, (n, K) each, the mean over them, each against the rest (Fawcett, Pattern Recognition Letters
    2006). ``nan`` where a class is missing.

    >>> auroc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.4, 0.8]))
    0.875
    """
    if truth.ndim == 2:
        return over_classes(auroc)(truth, score)
    positive = truth == 1
    num_positive, num_negative = int(positive.sum()), int((~positive).sum())
    if not num_positive or not num_negative:
        return math.nan
    wins = rankdata(score)[positive].sum() - num_positive * (num_positive + 1) / 2
    return float(wins / (num_positive * num_negative))


def over_classes(metric: Callable[..., Result]) -> Callable[..., Result]:
    """Return the metric of (n, K) that is the mean over the K classes of ``metric`` of truth and score (n,)."""
    return lambda truth, score: np.mean([metric(*of) for of in zip(truth.T, score.T, strict=True)], axis=0)


def log_loss(truth: NDArray[np.int64], score: NDArray[np.float64]) -> float:
    """Return the mean negative log-likelihood (nats) of ``truth`` (n,) under P(positive) = ``score`` (n,).

    Of several labels (n, K) the mean over them.
    """
    given = np.where(truth == 1, score, 1 - score)
    return float(-np.log(np.clip(given, SMALLEST, 1)).mean())


def cross_entropy(truth: NDArray[np.int64], score: NDArray[np.float64]) -> float:
    """Return the mean negative log-likelihood (nats) of the one class of each case: (n, K) each."""
    return float(-np.log(np.clip((truth * score).sum(axis=1), SMALLEST, 1)).mean())


LOG_LOSSES: dict[Kind, Callable[..., float]] = {
    "binary": log_loss,
    "multiclass": cross_entropy,
    "multilabel": log_loss,
}


def arrays(rows: pd.DataFrame, target: Target) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return truth and score of predictions: (n,) each, of several classes (n, K)."""
    if target.is_binary:
        return rows["truth"].to_numpy(), rows["score"].to_numpy()
    return rows[list(target.truth)].to_numpy(), rows[list(target.score)].to_numpy()


def by_unit(predictions: pd.DataFrame, unit: Unit, target: Target = BINARY) -> pd.DataFrame:
    """Return one row per run, part and unit; a ``patient`` has the mean score of their images, an ``image`` its own.

    Raises:
        DataError: ``unit`` is ``patient`` and a patient has images of different classes.
    """
    if unit == "image":
        return predictions
    labels = predictions[["patient", *target.truth]].drop_duplicates()
    num_mixed = int(labels.loc[labels["patient"].duplicated(), "patient"].nunique())
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

    AUROCs are per ``unit``; the inner loss is per image, as training minimizes it. A run without inner rows,
    or with one class among them, has ``nan`` there.
    """
    units = by_unit(predictions, unit, target)
    test, inner = units["part"] == "test", units["part"] == "inner"
    images = predictions[predictions["part"] == "inner"]
    values = {
        "auroc": _per_run(units[test], target, auroc),
        "inner_loss": _per_run(images, target, LOG_LOSSES[target.kind]),
        "inner_auroc": _per_run(units[inner], target, auroc),
    }
    tested = values["auroc"].index  # a run without test rows has no value, whatever else it left
    return pd.DataFrame(values, index=tested).rename_axis(RUN).reset_index()


def _per_run(rows: pd.DataFrame, target: Target, metric: Callable[[NDArray[Any], NDArray[Any]], float]) -> pd.Series:
    values = {run: metric(*arrays(group, target)) for run, group in rows.groupby(RUN, sort=False)}
    return pd.Series(values, dtype=float)
