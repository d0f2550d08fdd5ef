"""Predicted stages of frozen models."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.evaluation.external.frozen_models import evaluate_classes
from radtl_tf.evaluation.external.scored import Scored
from radtl_tf.evaluation.external.stages import with_stages
from radtl_tf.evaluation.metrics.metric_table import OF_STAGES

STAGES = ("CS1", "CS2", "CS3", "CS4")
RANDOM = np.random.default_rng(9)
TRUTH = np.arange(120) % 4
ABOVE = (TRUTH[:, None] > np.arange(3)).astype(np.int64)
SCORES = np.clip(ABOVE[..., None] * 0.5 + 0.25 + RANDOM.normal(0, [0.1, 0.5], (120, 3, 2)), 0, 1)
VIEWS = {f"above {STAGES[at]}": Scored(ABOVE[:, at], SCORES[:, at], np.arange(120)) for at in range(3)}


def test_stages_are_added_to_the_thresholds() -> None:
    base = evaluate_classes(["good", "poor"], VIEWS, "ordinal", "patient", seed=1)
    found = with_stages(base, ["good", "poor"], VIEWS, STAGES, seed=1)
    assert "3 thresholds between stages" in found.sentence
    metrics = {metric.key: metric for metric in OF_STAGES}
    added = {(one.model, one.metric): one for one in found.estimates if one.metric in metrics}
    assert len(added) == 8
    for (name, key), one in added.items():
        formula = metrics[key].formula
        assert formula is not None
        assert one.value == pytest.approx(formula(ABOVE, SCORES[:, :, ("good", "poor").index(name)]))
        assert one.ci_low <= one.value <= one.ci_high
    assert [one.metric for one in found.comparisons] == ["auroc", "weighted_kappa"]
    assert found.comparisons[1].difference > 0 and found.comparisons[1].p_value < 0.05


def test_cases_are_counted_by_stage_and_by_prediction() -> None:
    base = evaluate_classes(["good", "poor"], VIEWS, "ordinal", "patient", seed=1)
    found = with_stages(base, ["good", "poor"], VIEWS, STAGES, seed=1)
    assert found.counts["images of CS3"] == found.counts["patients with CS3"] == 30
    assert set(found.confusions) == {"good", "poor"}
    assert found.confusions["good"].sum(axis=1).tolist() == [30] * 4
    assert np.trace(found.confusions["good"]) > np.trace(found.confusions["poor"])
