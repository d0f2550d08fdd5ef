"""Logistic recalibration: how far scores are from probabilities, and maps that correct them.

Runs are fitted together: ``cases`` holds truth (n,) of 0 and 1 and score (n,), 0..1, of each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax
from scipy.special import logit as _logit

from radtl_tf.evaluation.metrics import logistic_fits
from radtl_tf.evaluation.metrics.auroc import Score, Truth, columns_of_known

Map = Callable[[Score], Score]
Cases = tuple[Truth, Score]

_SMALLEST = 1e-7  # float32 cannot tell a probability from 0 or 1 much below this
_MOST = 20.0  # limit of a temperature in both directions: beyond it all scores are 0 and 1, or equal
_STEEPEST = math.log(_MOST)


def logit(score: Score) -> Score:
    """Return ln(p / (1 - p)) of ``score`` (n,), taken off 0 and 1 by 1e-7."""
    return np.asarray(_logit(np.clip(score, _SMALLEST, 1 - _SMALLEST)), dtype=float)


def calibration_slope(truth: Truth, score: Score) -> float:
    """Return b of logit P(positive) = a + b logit(score), by maximum likelihood (Cox, Biometrika 1958).

    1 is ideal; below 1 the scores are too extreme, as after overfitting. ``nan`` if there is no most likely b: one
    class, equal scores, or classes that a threshold separates without error.
    """
    return calibration_slopes([(truth, score)])[0]


def calibration_slopes(cases: Sequence[Cases]) -> list[float]:
    """Return the ``calibration_slope`` of each run."""
    return _where(cases, _overlap, lambda fitted: logistic_fits.lines(_logits(fitted), _truths(fitted))[:, 1])


def calibration_intercept(truth: Truth, score: Score) -> float:
    """Return a of logit P(positive) = a + logit(score): calibration in the large, with the slope fixed at 1.

    0 is ideal; below 0 the scores are too high on the whole (Steyerberg, Clinical Prediction Models, 2nd ed., 15.3).
    ``nan`` with one class.
    """
    return calibration_intercepts([(truth, score)])[0]


def calibration_intercepts(cases: Sequence[Cases]) -> list[float]:
    """Return the ``calibration_intercept`` of each run."""
    return _where(cases, lambda truth, _: 0 < truth.sum() < len(truth), _intercepts)


def _intercepts(cases: Sequence[Cases]) -> NDArray[np.float64]:
    logits, truths = _logits(cases), _truths(cases)
    prevalence = _logit(np.array([truth.mean() for truth in truths]))
    reach = np.array([np.abs(x).max() for x in logits]) + np.abs(prevalence) + 1
    return logistic_fits.intercepts(logits, truths, reach)


def platt_line(truth: Truth, score: Score) -> tuple[float, float]:
    """Return a and b of the map expit(a + b logit(score)), fitted with Platt's targets, which keep a and b finite.

    They are (N+ + 1) / (N+ + 2) for positives and 1 / (N- + 2) for negatives (Platt, Advances in Large Margin
    Classifiers, 1999).
    """
    a, b = _platt_lines([(truth, score)])[0].tolist()
    return a, b


def _platt_lines(cases: Sequence[Cases]) -> NDArray[np.float64]:
    targets = []
    for truth, _ in cases:
        num_positive = int(truth.sum())
        num_negative = len(truth) - num_positive
        targets.append(np.where(truth == 1, (num_positive + 1) / (num_positive + 2), 1 / (num_negative + 2)))
    return logistic_fits.lines(_logits(cases), targets)


def platt(cases: Sequence[Cases]) -> list[Map]:
    """Return the map of ``platt_line`` of each run."""
    return [partial(_apply, a, b) for a, b in _platt_lines(cases).tolist()]


def temperature(cases: Sequence[Cases]) -> list[Map]:
    """Return expit(logit(score) / T) of each run, T from 1/20 to 20 of least log loss (Guo et al., ICML 2017)."""
    found = logistic_fits.factors(_logits(cases), _truths(cases), 1 / _MOST, _MOST)
    return [partial(_apply, 0.0, sharpness) for sharpness in found.tolist()]


def temperature_of_classes(cases: Sequence[Cases]) -> list[Map]:
    """Return softmax(ln(score) / T) of the scores (n, K) of several classes in each run, T as of ``temperature``."""
    return [_temperature_of_classes(*of) for of in cases]


def _temperature_of_classes(truth: Truth, score: Score) -> Map:
    logs = np.log(np.clip(score, _SMALLEST, 1))

    def loss(u: float) -> float:
        return -float((truth * log_softmax(logs * math.exp(-u), axis=1)).sum(axis=1).mean())

    sharpness = math.exp(-float(minimize_scalar(loss, bounds=(-_STEEPEST, _STEEPEST), method="bounded").x))
    return lambda given: np.asarray(softmax(np.log(np.clip(given, _SMALLEST, 1)) * sharpness, axis=1), dtype=float)


def by_class(fit: Callable[[Sequence[Cases]], list[Map]]) -> Callable[[Sequence[Cases]], list[Map]]:
    """Return ``fit`` for truth and score (n, K): a map for each class, fitted on the cases where it is known."""

    def fitted(cases: Sequence[Cases]) -> list[Map]:
        maps = iter(fit([of for both in cases for of in columns_of_known(*both)]))
        return [partial(_apply_each, [next(maps) for _ in range(score.shape[1])]) for _, score in cases]

    return fitted


def _apply(a: float, b: float, given: Score) -> Score:
    return np.asarray(expit(a + b * logit(given)), dtype=float)


def _apply_each(maps: Sequence[Map], given: Score) -> Score:
    return np.stack([one(of) for one, of in zip(maps, given.T, strict=True)], axis=1)


def _logits(cases: Sequence[Cases]) -> list[Score]:
    return [logit(score) for _, score in cases]


def _truths(cases: Sequence[Cases]) -> list[NDArray[np.float64]]:
    return [truth.astype(float) for truth, _ in cases]


def _overlap(truth: Truth, score: Score) -> bool:
    """Whether both classes are present and no threshold separates them without error."""
    x = np.clip(score, _SMALLEST, 1 - _SMALLEST)
    positives, negatives = x[truth == 1], x[truth == 0]
    if not len(positives) or not len(negatives):
        return False
    return bool(positives.min() < negatives.max() and positives.max() > negatives.min())


def _where(
    cases: Sequence[Cases],
    possible: Callable[[Truth, Score], bool],
    values: Callable[[Sequence[Cases]], NDArray[np.float64]],
) -> list[float]:
    """Return the value of each run where one is ``possible``, else ``nan``."""
    found = np.full(len(cases), math.nan)
    places = [place for place, of in enumerate(cases) if possible(*of)]
    if places:
        found[places] = values([cases[place] for place in places])
    return found.tolist()
