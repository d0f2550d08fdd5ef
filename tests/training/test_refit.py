"""Training on all patients: repeatable, and of the length that the folds chose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.models.backbones import build_base
from radtl_tf.models.weights.sources import initialize
from radtl_tf.training.learned_weights import Learned
from radtl_tf.training.refit import Recipe, train_on_all


def learned(
    plan: Any, scratch: Path, tuning: str, epochs: int = 2, strength: float | None = None, **of: Any
) -> Learned:
    """Return what the setting ``mine`` of the small experiment learns from all its patients."""
    scenario = next(one for one in plan.scenarios if one.setting.tuning == tuning and one.setting.weights == "mine")
    weights = plan.records["Tiny", "mine", "tf"]
    base = build_base("Tiny", 32, seed=0)
    initialize(base, weights, 0)
    experiment = replace(plan.experiment, **of)
    recipe = Recipe(scenario, epochs, strength)
    return train_on_all(base, weights, recipe, experiment, plan.cases, plan.pixels, scratch)


@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["frozen", "topK2", "probe"])
def test_the_seed_determines_what_is_learned(tuning: str, finished_plan: Any, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    first, second = (learned(finished_plan, scratch, tuning) for _ in range(2))
    assert first.kernel == pytest.approx(second.kernel, abs=1e-6)
    assert (len(first.suffix) > 0) == (tuning == "topK2")
    assert not list(scratch.iterdir())
    if tuning != "probe":
        assert not np.allclose(learned(finished_plan, scratch, tuning, seed=3).kernel, first.kernel)


def test_all_images_standardize_the_features(finished_plan: Any, tmp_path: Path) -> None:
    from radtl_tf.training.features.prefix_features import POOLED, PrefixPass

    found = learned(finished_plan, tmp_path, "frozen")
    base = build_base("Tiny", 32, seed=0)
    initialize(base, finished_plan.records["Tiny", "mine", "tf"], 0)
    images = np.asarray(finished_plan.pixels)
    run = PrefixPass(base, [POOLED])
    features = np.concatenate(
        [run((2 * images[at : at + 30] - 1).repeat(3, axis=-1))[POOLED][0] for at in range(0, 60, 30)]
    )
    assert found.mean == pytest.approx(features.mean(axis=0), abs=1e-5)


def test_the_epochs_and_the_penalty_are_those_of_the_recipe(finished_plan: Any, tmp_path: Path) -> None:
    one, three = (learned(finished_plan, tmp_path, "frozen", epochs) for epochs in (1, 3))
    assert not np.allclose(one.kernel, three.kernel, atol=1e-3)
    weak, strong = (learned(finished_plan, tmp_path, "probe", strength=value) for value in (1.0, 1e-4))
    assert np.abs(weak.kernel).max() > 10 * np.abs(strong.kernel).max()


def test_a_training_that_diverges_is_refused(finished_plan: Any, tmp_path: Path) -> None:
    scenario = replace(finished_plan.scenarios[0], learning_rate=float("inf"))
    plan = replace(finished_plan, scenarios=[scenario])
    with pytest.raises(ExperimentError):
        learned(plan, tmp_path, "frozen")
