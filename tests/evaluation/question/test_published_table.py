"""The table of the publications, with a p that is called descriptive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_rel

from radtl_tf.evaluation.evaluate import Evaluation, evaluate


def test_p_is_that_of_a_paired_t_over_the_scenarios(evaluation: Evaluation) -> None:
    scenarios = evaluation.record.trained
    means = evaluation.folds.groupby("scenario")["value"].mean()
    sides = [
        [means[one.name] for one in scenarios if one.setting.weights == weights] for weights in ("imagenet", "random")
    ]
    row = evaluation.published.set_index("weights").loc["imagenet"]
    assert row["p_value"] == pytest.approx(ttest_rel(*sides).pvalue)
    assert np.isnan(evaluation.published.set_index("weights").loc["random", "p_value"])
    assert any("Descriptive only" in note for note in evaluation.notes)


def test_one_scenario_each_has_no_p(outcome: Callable[..., Path]) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), tunings={"frozen": (0.01,)}, probes=False))
    assert found.published["p_value"].isna().all()
