"""Conformal intervals: the width by hand, and the coverage that theory promises."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.evaluation.numbers_and_stages.conformal import COVERAGE, HALF_WIDTH, half_width


def test_the_width_is_an_order_statistic() -> None:
    residuals = np.array([3.0, 1.0, 2.0, 9.0])
    assert half_width(residuals, 0.8) == 9  # the 4th of 4: 5 x 0.8
    assert half_width(residuals, 0.6) == 3
    assert math.isnan(half_width(residuals, 0.9))  # would be the 5th of 4


def test_new_cases_are_covered_as_often_as_promised() -> None:
    """For n continuous residuals the coverage is k / (n + 1) on average, whatever their distribution."""
    random = np.random.default_rng(1)
    residuals, new = random.exponential(size=(4000, 24)), random.exponential(size=4000)
    covered = np.mean([one <= half_width(row) for row, one in zip(residuals, new, strict=True)])
    assert covered == pytest.approx(23 / 25, abs=0.015)


def test_a_regression_has_width_and_coverage_per_setting(outcome: Callable[..., Path]) -> None:
    made = {"kind": "regression", "backbones": ("ResNet50",), "tunings": {"frozen": (0.01,)}, "probes": False}
    found = evaluate(outcome(**made, num_patients=120, question={"over": "selected", "margin": 0.25}))
    rows = found.secondary.conformal.set_index(["scenario", "metric"])["mean"]
    assert set(rows.index.get_level_values("metric")) == {HALF_WIDTH, COVERAGE}
    better, worse = (rows[f"ResNet50-{name}-caffe-frozen", HALF_WIDTH] for name in ("imagenet", "random"))
    assert better < worse
    assert rows.xs(COVERAGE, level="metric").between(0.8, 1).all()
    found = evaluate(outcome("stages", **(made | {"kind": "ordinal", "classes": ("a", "b", "c")}), num_patients=120))
    assert found.secondary.conformal.empty
