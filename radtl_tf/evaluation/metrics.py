"""How well scores separate two classes, per fold and per unit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from radtl_tf.errors import DataError
from radtl_tf.evaluation.predictions import RUN
from radtl_tf.records.experiment import Unit

SMALLEST = 1e-7  # float32 cannot tell a probability from 0 or 1 much below this


def auroc(truth: NDArray[np.int64], score: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve (0..1) of ``score`` (n,) for ``truth`` (n,) of 0 and 1.

    ``nan`` where one class is missing. Exact, ties counted half: the Mann-Whitney statistic of the positives' midranks
    (Hanley & McNeil, Radiology 1982).

    >>> auroc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.4, 0.8]))
    0.875
    """
    positive = truth == 1
    num_positive, num_negative = int(positive.sum()), int((~positive).sum())
    if not num_positive or not num_negative:
        return math.nan
    wins = rankdata(score)[positive].sum() - num_positive * (num_positive + 1) / 2
    return float(wins / (num_positive * num_negative))


def log_loss(truth: NDArray[np.int64], score: NDArray[np.float64]) -> float:
    """Return the mean negative log-likelihood (nats) of ``truth`` (n,) under P(positive) = ``score`` (n,)."""
    given = np.where(truth == 1, score, 1 - score)
    return float(-np.log(np.clip(given, SMALLEST, 1)).mean())


def by_unit(predictions: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """Return one row per run, part and unit; a ``patient`` has the mean score of their images, an ``image`` its own.

    Raises:
        DataError: ``unit`` is ``patient`` and a patient has images of both classes.
    """
    if unit == "image":
        return predictions
    labels = predictions[["patient", "truth"]].drop_duplicates()
    num_mixed = int(labels["patient"].duplicated().sum())
    if num_mixed:
        raise DataError(
            f"{num_mixed} patients have images of both classes, but unit = 'patient' needs one class per patient: "
            "use unit = 'image'."
        )
    grouped = predictions.groupby([*RUN, "part", "patient"], sort=False)
    return grouped.agg(truth=("truth", "first"), score=("score", "mean")).reset_index()


def fold_values(predictions: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """Return one row per run: ``auroc`` of the test part, ``inner_auroc`` and ``inner_loss`` of the inner part.

    AUROCs are per ``unit``; the inner loss is per image, as training minimizes it. A run without inner rows,
    or with one class among them, has ``nan`` there.
    """
    units = by_unit(predictions, unit)
    test, inner = units["part"] == "test", units["part"] == "inner"
    images = predictions[predictions["part"] == "inner"]
    values = {
        "auroc": _per_run(units[test], auroc),
        "inner_loss": _per_run(images, log_loss),
        "inner_auroc": _per_run(units[inner], auroc),
    }
    tested = values["auroc"].index  # a run without test rows has no value, whatever else it left
    return pd.DataFrame(values, index=tested).rename_axis(RUN).reset_index()


def _per_run(rows: pd.DataFrame, metric: Callable[[NDArray[Any], NDArray[Any]], float]) -> pd.Series:
    groups = rows.groupby(RUN, sort=False)
    values = {run: metric(group["truth"].to_numpy(), group["score"].to_numpy()) for run, group in groups}
    return pd.Series(values, dtype=float)
