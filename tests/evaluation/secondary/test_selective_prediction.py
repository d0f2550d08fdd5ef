"""Risk and coverage by hand, under ties, and at the limits."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.metrics.metric_table import BY_NAME
from radtl_tf.evaluation.metrics.secondary import decisions
from radtl_tf.evaluation.secondary.selective_prediction import (
    COVERAGES,
    area_under,
    at_coverage,
    risk_at,
    risk_coverage,
)

TRUTH = np.array([1, 1, 0, 1, 0])
SCORE = np.array([0.95, 0.1, 0.2, 0.75, 0.6])  # confidence 0.45, 0.4, 0.3, 0.25, 0.1; the second and the last are wrong


def test_the_curve_by_hand() -> None:
    curve = risk_coverage(*decisions("binary", TRUTH, SCORE))
    assert curve == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4, 2 / 5])
    assert area_under(curve) == pytest.approx(curve.mean())
    assert [risk_at(curve, coverage) for coverage in (0.2, 0.21, 0.8, 1)] == pytest.approx([0, 1 / 2, 1 / 4, 2 / 5])


def test_equal_confidence_shares_its_errors() -> None:
    truth, score = np.array([1, 0, 1]), np.array([0.8, 0.8, 0.2])
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        assert risk_coverage(*decisions("binary", truth[order], score[order])) == pytest.approx([2 / 3] * 3)


@pytest.mark.parametrize("coverage", COVERAGES)
def test_a_share_of_the_cases_is_never_rounded_up_by_the_last_bit(coverage: int) -> None:
    curve = np.arange(1, 101, dtype=float)
    assert risk_at(curve, coverage / 100) == coverage


def test_confidence_that_knows_its_errors_lowers_the_risk() -> None:
    random = np.random.default_rng(0)
    score = random.random(5000)
    curve = risk_coverage(*decisions("binary", (random.random(5000) < score).astype(int), score))
    assert curve[-1] == pytest.approx(0.25, abs=0.02)
    assert risk_at(curve, 0.5) < 0.15
    assert area_under(curve) < curve[-1]


def test_every_setting_has_its_rows(evaluation: Evaluation) -> None:
    found = evaluation.secondary.selective.set_index(["scenario", "metric"])["mean"]
    assert len(found) == 8 * (len(COVERAGES) + 1)
    assert set(BY_NAME).isdisjoint(found.index.get_level_values("metric"))
    for setting in evaluation.record.settings:
        assert found[setting.name, at_coverage(50)] < found[setting.name, at_coverage(100)]
