"""The results of a test: metrics with intervals, differences of two models, counts and notes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from radtl_tf.evaluation.inference.bootstrap import Bootstrap
from radtl_tf.records.experiment import Unit


@dataclass(frozen=True)
class Estimate:
    """One metric of one model with its 95 % interval and the method; ``nan`` if there is no interval."""

    model: str
    metric: str
    value: float
    ci_low: float
    ci_high: float
    method: str


@dataclass(frozen=True)
class Compared:
    """The difference of two models' values on the same cases, ``a`` minus ``b``, with 95 % interval and p.

    The interval is ``nan`` if the method of the p has none.
    """

    a: str
    b: str
    metric: str
    difference: float
    ci_low: float
    ci_high: float
    p_value: float
    method: str


@dataclass(frozen=True)
class External:
    """All numbers of a test: counts, estimates and comparisons of two models (the main one first), sentence, notes.

    ``label_unit`` is the unit of a regression. An ordinal test has its ``stages``, and for each model the numbers of
    cases of each true stage (row) that are predicted to be of each stage (column).
    """

    unit: Unit
    counts: dict[str, int]
    estimates: tuple[Estimate, ...]
    comparisons: tuple[Compared, ...]
    sentence: str
    notes: tuple[str, ...]
    label_unit: str = ""
    stages: tuple[str, ...] = ()
    confusions: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)


def drawn_estimate(name: str, metric: str, found: Bootstrap) -> Estimate:
    """Return the estimate of a bootstrap; no interval if the value itself is ``nan``."""
    low, high = found.interval() if math.isfinite(found.value) else (math.nan, math.nan)
    return Estimate(name, metric, found.value, low, high, bootstrap_method(found))


def bootstrap_method(found: Bootstrap) -> str:
    """Return the name of the method for tables."""
    return f"patient bootstrap, {len(found.replicates):,} replicates, percentiles"
