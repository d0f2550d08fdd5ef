"""How well scores separate two classes: the area under the ROC curve and the log loss that training minimizes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Truth = NDArray[Any]  # (n,) 0 or 1; with several classes (n, K), with NaN if a label is not known
Score = NDArray[np.float64]  # (n,) P(positive), 0..1; with several classes (n, K)
SMALLEST = 1e-7  # float32 cannot tell a probability from 0 or 1 much below this
Result = TypeVar("Result", float, NDArray[np.float64])


def auroc(truth: Truth, score: Score) -> float:
    """Return the area under the ROC curve (0..1) of ``score`` (n,) for ``truth`` (n,) of 0 and 1.

    Exact, ties counted half: the Mann-Whitney statistic of the positives' midranks (Hanley & McNeil, Radiology 1982).
    With several classes, (n, K) each, it is the mean over them, each against the rest (Fawcett, Pattern Recognition
    Letters 2006). ``nan`` if a class is missing.

    >>> auroc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.4, 0.8]))
    0.875
    """
    if truth.ndim == 2:
        return over_classes(auroc)(truth, score)
    positive = truth == 1
    num_positive, num_negative = int(positive.sum()), int((~positive).sum())
    if not num_positive or not num_negative:
        return math.nan
    wins = midranks(score)[positive].sum() - num_positive * (num_positive + 1) / 2
    return float(wins / (num_positive * num_negative))


def midranks(score: Score) -> NDArray[np.float64]:
    """Return the ranks (n,) of ``score`` (n,), from 1; equal scores share the mean of their ranks.

    The same as ``scipy.stats.rankdata``, but faster for some hundred scores. All ``nan`` if one score is.

    >>> midranks(np.array([0.4, 0.1, 0.4, 0.8])).tolist()
    [2.5, 1.0, 2.5, 4.0]
    """
    if np.isnan(score).any():
        return np.full(len(score), math.nan)
    order = np.argsort(score, kind="stable")
    ascending = score[order]
    starts = np.flatnonzero(np.append(True, ascending[1:] != ascending[:-1]))
    ends = np.append(starts[1:], len(score))
    ranks = np.empty(len(score))
    ranks[order] = np.repeat((starts + 1 + ends) / 2, ends - starts)
    return ranks


def class_auroc(name: str) -> str:
    """Return the name of the AUROC of a class against the rest in ``estimates.csv`` and ``comparisons.csv``."""
    return f"auroc: {name}"


def over_classes(metric: Callable[..., Result]) -> Callable[..., Result]:
    """Return the metric of (n, K) that is the mean over the K classes of ``metric`` of truth and score (n,).

    Each class is measured on the cases where it is known.
    """
    return lambda truth, score: np.mean([metric(*of) for of in columns_of_known(truth, score)], axis=0)


def columns_of_known(truth: Truth, score: Score) -> list[tuple[Truth, Score]]:
    """Return truth (m,) of 0 and 1 and score (m,) of each of K classes, for the m of the n cases where it is known."""
    return [of_known(*of) for of in zip(truth.T, score.T, strict=True)]


def of_known(truth: Truth, score: Score) -> tuple[Truth, Score]:
    """Return truth and score of one class without the cases whose truth is NaN: not known."""
    if truth.dtype.kind != "f":
        return truth, score
    known = ~np.isnan(truth)
    return truth[known].astype(np.int64), score[known]


def log_loss(truth: Truth, score: Score) -> float:
    """Return the mean negative log-likelihood (nats) of ``truth`` (n,) under P(positive) = ``score`` (n,).

    With several labels (n, K), the mean over the known ones.
    """
    given = np.where(truth == 1, score, 1 - score)
    if truth.dtype.kind == "f":
        given = given[~np.isnan(truth)]
    return float(-np.log(np.clip(given, SMALLEST, 1)).mean())


def cross_entropy(truth: Truth, score: Score) -> float:
    """Return the mean negative log-likelihood (nats) of the one class of each case: (n, K) each."""
    return float(-np.log(np.clip((truth * score).sum(axis=1), SMALLEST, 1)).mean())
