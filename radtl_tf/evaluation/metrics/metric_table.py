"""Every metric that ``radtl run`` and ``radtl test`` report: names, meaning of the values, and formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from radtl_tf.evaluation.metrics import (
    auroc,
    numbers,
    recalibration,
    secondary,
    stages,
    weighted,
    weighted_numbers,
    weighted_stages,
)
from radtl_tf.evaluation.metrics.auroc import Score, Truth
from radtl_tf.evaluation.metrics.weighted import WeightedMetric
from radtl_tf.records.experiment import Kind

Formula = Callable[[Truth, Score], float]


@dataclass(frozen=True)
class Metric:
    """A metric with values in ``low``..``high``; ``ideal`` is the value of the best scores.

    ``key`` names it in ``results.json`` of a test; ``name`` is for people and for ``estimates.csv`` of a run, which
    uses the key only for the AUROC. ``formula`` takes truth (n,), 0 or 1, and score (n,), P(positive) 0..1;
    ``weighted`` prepares it for the bootstrap. With several classes (n, K) it is the mean over them, unless a
    multiclass task has the separate formula ``of_all``, with values up to ``of_all_high``. ``takes_all``: the formula
    is of a number, or of all thresholds of an ordinal task at once. ``has_unit``: values are in the unit of the label.
    ``of_many`` is the formula for many runs at once, where that is much faster.
    """

    key: str
    name: str
    low: float
    high: float
    ideal: float
    formula: Formula | None = None
    weighted: Callable[..., WeightedMetric] | None = None
    of_all: Formula | None = None
    of_all_high: float | None = None
    takes_all: bool = False
    has_unit: bool = False
    of_many: Callable[[Sequence[recalibration.Cases]], list[float]] | None = None

    @property
    def title(self) -> str:
        """The name as a heading."""
        return f"{self.name[0].upper()}{self.name[1:]}"

    @property
    def better(self) -> str:
        """Say which values are better."""
        at_an_end = {self.low: "lower", self.high: "higher"}
        return at_an_end.get(self.ideal, f"near {self.ideal:g}")

    @property
    def lower_is_better(self) -> bool:
        """Whether lower values are better: a difference of -1 then favors the first side."""
        return self.better == "lower"

    def of(self, kind: Kind) -> Formula:
        """Return the formula for a kind of task.

        Raises:
            ValueError: the metric has no formula of truth and score alone.
        """
        if self.formula is None:
            raise ValueError(f"{self.key} has no formula of truth and score alone")
        if kind == "multiclass" and self.of_all:
            return self.of_all
        return self.formula if kind == "binary" or self.takes_all else auroc.over_classes(self.formula)

    def values(self, kind: Kind, cases: Sequence[recalibration.Cases]) -> list[float]:
        """Return the value of each of ``cases``, truth and score of a run, by the formula for a kind of task.

        Raises:
            ValueError: the metric has no formula of truth and score alone.
        """
        if self.of_many is None:
            formula = self.of(kind)
            return [formula(*of) for of in cases]
        if kind == "binary":
            return self.of_many(cases)
        columns = [auroc.columns_of_known(*of) for of in cases]
        found = iter(self.of_many([of for of_case in columns for of in of_case]))
        return [float(np.mean([next(found) for _ in of_case])) for of_case in columns]

    def bounds(self, kind: Kind) -> tuple[float, float]:
        """Return the lowest and the highest value for a kind of task."""
        return self.low, self.of_all_high if kind == "multiclass" and self.of_all_high else self.high

    def prepared(self, truth: Truth, score: Score, *threshold: float) -> WeightedMetric:
        """Return the metric of these cases for the bootstrap; rates are taken at ``threshold``.

        Raises:
            ValueError: it is not measured by the bootstrap.
        """
        if self.weighted is None:
            raise ValueError(f"{self.key} is not measured by the bootstrap")
        return self.weighted(truth, score, *threshold)


AUROC = Metric("auroc", "AUROC", 0, 1, 1, auroc.auroc, weighted.auroc)
AVERAGE_PRECISION = Metric(
    "average_precision", "average precision", 0, 1, 1, secondary.average_precision, weighted.average_precision
)
BALANCED_ACCURACY = Metric(
    *("balanced_accuracy", "balanced accuracy", 0, 1, 1),
    *(secondary.balanced_accuracy, weighted.balanced_accuracy, secondary.mean_recall),
)
MCC = Metric("mcc", "MCC", -1, 1, 1, secondary.matthews, weighted.mcc, secondary.matthews_of_classes)
BRIER = Metric("brier", "Brier", 0, 1, 0, secondary.brier, weighted.brier, secondary.brier_of_classes, of_all_high=2)
LOG_LOSS = Metric("log_loss", "log loss", 0, math.inf, 0, auroc.log_loss, weighted.log_loss, auroc.cross_entropy)
CALIBRATION_SLOPE = Metric(
    *("calibration_slope", "calibration slope", -math.inf, math.inf, 1),
    *(recalibration.calibration_slope, weighted.calibration_slope),
    of_many=recalibration.calibration_slopes,
)
CALIBRATION_INTERCEPT = Metric(
    *("calibration_intercept", "calibration intercept", -math.inf, math.inf, 0),
    *(recalibration.calibration_intercept, weighted.calibration_intercept),
    of_many=recalibration.calibration_intercepts,
)
ECE = Metric("ece", "ECE", 0, 1, 0, secondary.calibration_error, of_all=secondary.confidence_error)

SENSITIVITY = Metric("sensitivity", "sensitivity", 0, 1, 1, weighted=weighted.sensitivity)
SPECIFICITY = Metric("specificity", "specificity", 0, 1, 1, weighted=weighted.specificity)
ACCURACY = Metric("accuracy", "accuracy", 0, 1, 1, weighted=weighted.accuracy)
PPV, NPV, F1 = (Metric(name.lower(), name, 0, 1, 1) for name in ("PPV", "NPV", "F1"))

_NUMBER: Any = {"takes_all": True, "has_unit": True}
MAE = Metric("mae", "MAE", 0, math.inf, 0, numbers.mae, weighted_numbers.mae, **_NUMBER)
OF_NUMBERS = (
    Metric("rmse", "RMSE", 0, math.inf, 0, numbers.rmse, weighted_numbers.rmse, **_NUMBER),
    Metric("r2", "R2", -math.inf, 1, 1, numbers.r2, weighted_numbers.r2, takes_all=True),
    Metric(
        "concordance", "Lin's concordance", -1, 1, 1, numbers.concordance, weighted_numbers.concordance, takes_all=True
    ),
    Metric("bias", "bias", -math.inf, math.inf, 0, numbers.bias, weighted_numbers.bias, **_NUMBER),
    Metric(
        "lower_limit",
        "lower limit of agreement",
        -math.inf,
        math.inf,
        0,
        numbers.lower_limit,
        weighted_numbers.lower_limit,
        **_NUMBER,
    ),
    Metric(
        "upper_limit",
        "upper limit of agreement",
        -math.inf,
        math.inf,
        0,
        numbers.upper_limit,
        weighted_numbers.upper_limit,
        **_NUMBER,
    ),
)
OF_STAGES = (
    Metric(
        "weighted_kappa",
        "quadratic weighted kappa",
        -1,
        1,
        1,
        stages.weighted_kappa,
        weighted_stages.weighted_kappa,
        takes_all=True,
    ),
    Metric(
        "stage_accuracy",
        "accuracy of the stage",
        0,
        1,
        1,
        stages.stage_accuracy,
        weighted_stages.stage_accuracy,
        takes_all=True,
    ),
    Metric("within_one", "within one stage", 0, 1, 1, stages.within_one, weighted_stages.within_one, takes_all=True),
    Metric(
        "stage_error", "MAE in stages", 0, math.inf, 0, stages.stage_error, weighted_stages.stage_error, takes_all=True
    ),
)

# For every setting of a run, after the AUROC; metrics of probabilities; rates at a threshold.
SECONDARY = (
    *(AVERAGE_PRECISION, BALANCED_ACCURACY, MCC, BRIER, LOG_LOSS),
    *(CALIBRATION_SLOPE, CALIBRATION_INTERCEPT, ECE),
)
OF_PROBABILITIES = (BRIER, LOG_LOSS, ECE, CALIBRATION_SLOPE, CALIBRATION_INTERCEPT)
RATES = (SENSITIVITY, SPECIFICITY, PPV, NPV, F1)

METRICS = {metric.key: metric for metric in (AUROC, *SECONDARY, *RATES, ACCURACY, MAE, *OF_NUMBERS, *OF_STAGES)}
BY_NAME = {metric.name: metric for metric in METRICS.values()}

# What chooses epochs, learning rates and scenarios on the inner part: the training loss, or what the question is about.
INNER_LOSSES: dict[Kind, Formula] = {
    "binary": auroc.log_loss,
    "multiclass": auroc.cross_entropy,
    "multilabel": auroc.log_loss,
    "ordinal": auroc.log_loss,
    "regression": numbers.mae,
}


def question_metric(kind: Kind) -> Metric:
    """Return the metric of the question: the MAE of a regression, otherwise the AUROC.

    >>> question_metric("ordinal").name, question_metric("regression").lower_is_better
    ('AUROC', True)
    """
    return MAE if kind == "regression" else AUROC


def secondary_metrics(kind: Kind) -> tuple[Metric, ...]:
    """Return the secondary metrics of a kind of task, in their order."""
    if kind == "regression":
        return OF_NUMBERS
    return (*OF_STAGES, *SECONDARY) if kind == "ordinal" else SECONDARY
