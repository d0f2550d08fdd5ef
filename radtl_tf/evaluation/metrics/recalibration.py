"""Logistic recalibration: how far scores are from probabilities, and maps that correct them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, log_softmax, softmax
from scipy.special import logit as _logit

from radtl_tf.evaluation.metrics.auroc import Score, Truth, columns_of_known

Map = Callable[[Score], Score]

_SMALLEST = 1e-7  # float32 cannot tell a probability from 0 or 1 much below this
_MOST_STEPS = 100
_SINGULAR = 1e-6  # of the determinant of a symmetric 2 x 2 matrix, in products of its diagonal
_STEEPEST = math.log(20)  # limit of a temperature in both directions: beyond it all scores are 0 and 1, or equal


def logit(score: Score) -> Score:
    """Return ln(p / (1 - p)) of ``score`` (n,), taken off 0 and 1 by 1e-7."""
    return np.asarray(_logit(np.clip(score, _SMALLEST, 1 - _SMALLEST)), dtype=float)


def calibration_slope(truth: Truth, score: Score) -> float:
    """Return b of logit P(positive) = a + b logit(score), by maximum likelihood (Cox, Biometrika 1958).

    1 is ideal; below 1 the scores are too extreme, as after overfitting. ``nan`` if there is no most likely b: one
    class, equal scores, or classes that a threshold separates without error.
    """
    x = logit(score)
    positives, negatives = x[truth == 1], x[truth == 0]
    if not len(positives) or not len(negatives):
        return math.nan
    if positives.min() >= negatives.max() or positives.max() <= negatives.min():
        return math.nan
    return _line(x, truth)[1]


def calibration_intercept(truth: Truth, score: Score) -> float:
    """Return a of logit P(positive) = a + logit(score): calibration in the large, with the slope fixed at 1.

    0 is ideal; below 0 the scores are too high on the whole (Steyerberg, Clinical Prediction Models, 2nd ed., 15.3).
    ``nan`` with one class.
    """
    num_positive = int(truth.sum())
    if num_positive in (0, len(truth)):
        return math.nan
    x = logit(score)
    reach = float(np.abs(x).max()) + abs(float(_logit(num_positive / len(truth)))) + 1
    return float(brentq(lambda a: expit(a + x).sum() - num_positive, -reach, reach))


def platt_line(truth: Truth, score: Score) -> tuple[float, float]:
    """Return a and b of the map expit(a + b logit(score)), fitted with Platt's targets, which keep a and b finite.

    They are (N+ + 1) / (N+ + 2) for positives and 1 / (N- + 2) for negatives (Platt, Advances in Large Margin
    Classifiers, 1999).
    """
    num_positive = int(truth.sum())
    num_negative = len(truth) - num_positive
    targets = np.where(truth == 1, (num_positive + 1) / (num_positive + 2), 1 / (num_negative + 2))
    return _line(logit(score), targets)


def platt(truth: Truth, score: Score) -> Map:
    """Return the map of ``platt_line``."""
    a, b = platt_line(truth, score)
    return lambda given: np.asarray(expit(a + b * logit(given)), dtype=float)


def temperature(truth: Truth, score: Score) -> Map:
    """Return the map expit(logit(score) / T) with the T from 1/20 to 20 of least log loss (Guo et al., ICML 2017)."""
    x = logit(score)
    found = minimize_scalar(lambda u: _loss(x * math.exp(-u), truth), bounds=(-_STEEPEST, _STEEPEST), method="bounded")
    sharpness = math.exp(-float(found.x))
    return lambda given: np.asarray(expit(sharpness * logit(given)), dtype=float)


def temperature_of_classes(truth: Truth, score: Score) -> Map:
    """Return the map softmax(ln(score) / T) of the scores (n, K) of several classes, T as of ``temperature``."""
    logs = np.log(np.clip(score, _SMALLEST, 1))

    def loss(u: float) -> float:
        return -float((truth * log_softmax(logs * math.exp(-u), axis=1)).sum(axis=1).mean())

    sharpness = math.exp(-float(minimize_scalar(loss, bounds=(-_STEEPEST, _STEEPEST), method="bounded").x))
    return lambda given: np.asarray(softmax(np.log(np.clip(given, _SMALLEST, 1)) * sharpness, axis=1), dtype=float)


def by_class(fit: Callable[[Truth, Score], Map]) -> Callable[[Truth, Score], Map]:
    """Return ``fit`` for truth and score (n, K): a map for each class, fitted on the cases where it is known."""

    def fitted(truth: Truth, score: Score) -> Map:
        maps = [fit(*of) for of in columns_of_known(truth, score)]
        return lambda given: np.stack([one(of) for one, of in zip(maps, given.T, strict=True)], axis=1)

    return fitted


def _line(x: Score, targets: NDArray[Any]) -> tuple[float, float]:
    """Return intercept and slope of the logistic regression of ``targets`` (n,), 0..1, on ``x`` (n,).

    Newton's method; a step is halved until the loss does not increase. If ``x`` is constant, the slope is 0.
    """
    center, scale = float(x.mean()), float(x.std())
    scale = scale if scale > _SMALLEST else math.inf
    design = np.column_stack([np.ones(len(x)), (x - center) / scale])
    line = np.zeros(2)
    loss = _loss(design @ line, targets)
    for _ in range(_MOST_STEPS):
        p = expit(design @ line)
        curvature = (design.T * (p * (1 - p))) @ design
        step = _solved(curvature, design.T @ (targets - p))
        while (now := _loss(design @ (line + step), targets)) > loss:
            step = step / 2
        line, loss = line + step, now
        if np.abs(step).max() < 1e-10:
            break
    slope = float(line[1]) / scale
    return float(line[0]) - slope * center, slope


def _solved(curvature: NDArray[Any], slope: NDArray[Any]) -> NDArray[Any]:
    """Return x (2,) of ``curvature`` (2, 2) x = ``slope`` (2,); the smallest x if several solve it."""
    (a, b), (_, c) = curvature
    determinant = a * c - b * b
    if determinant <= _SINGULAR * a * c:
        return np.asarray(np.linalg.lstsq(curvature, slope)[0])
    first, second = slope
    return np.array([c * first - b * second, a * second - b * first]) / determinant


def _loss(z: Score, targets: NDArray[Any]) -> float:
    return float((np.logaddexp(0, z) - targets * z).mean())
