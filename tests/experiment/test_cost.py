"""The cost estimate of a dry run."""

from __future__ import annotations

import dataclasses
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest

from radtl_tf.experiment import cost
from radtl_tf.experiment.cost import Part, Price, bfloat16_instead, price
from radtl_tf.experiment.engine import execute
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.similarity import write_similarities
from radtl_tf.training.learned_weights import read_learned

PIXELS = "data set and pixels, already written"


@pytest.fixture
def make_plan(plan_on_read_images: Callable[..., Plan]) -> Callable[..., Plan]:
    """Plan on images that are read already: how they are read is tested with the plan."""
    return plan_on_read_images


@pytest.fixture
def a_second_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every timed step take one second."""
    monkeypatch.setattr(cost, "_timed", lambda work: (1.0, work()))


def seconds(found: Price) -> dict[str, float]:
    return {part.name: part.seconds for part in found.parts}


@pytest.mark.slow
def test_every_run_that_is_left_is_priced(make_plan: Any) -> None:
    plan = make_plan()
    before = price(plan)
    assert (before.total, before.done, sum(part.runs for part in before.parts)) == (24, 0, 24)
    assert before.memory > 1e8
    running = execute(plan)
    next(running)
    running.close()
    after = price(plan)
    assert (after.done, sum(part.runs for part in after.parts)) == (1, 23)


def test_the_price_is_that_of_a_step_times_their_number(planned: Plan, a_second_each: None) -> None:
    plan = planned
    trained = [len(fold.train) for fold in plan.folds] * 2  # two weights
    inner = len(plan.folds[0].inner)
    building = 1 + 2 + 3  # the backbone, a pass to each cut, and building, a step and a forward pass of the suffix
    assert seconds(price(plan)) == pytest.approx(
        {
            "Tiny: 2 feature passes": 2 * 60 / 32,
            "Tiny frozen": 3 * 2,  # epochs, weights: folds and learning rates train together
            "Tiny probe": sum(number / len(plan.folds[0].train) for number in trained),
            "Tiny topK2": sum(3 * (-(-number // 16) + inner / 32) for number in trained),
            "Tiny: similarity of activations": 0,  # with the passes above
            "Tiny: building and tracing": building,
            PIXELS: 0,
        }
    )


@pytest.mark.slow
def test_similarity_costs_nothing_where_a_pass_is_made_anyway(make_plan: Any, a_second_each: None) -> None:
    heads, full = ([{"mode": mode, "learning_rates": [0.01]}] for mode in ("frozen", "full"))
    free = make_plan("free", grid={"tunings": heads})
    assert seconds(price(free))["Tiny: similarity of activations"] == 0
    compared = make_plan("compared", grid={"tunings": full})
    assert seconds(price(compared))["Tiny: similarity of activations"] == 1 + 1 + 2 * 20 / 32
    (compared.folder.root / "similarity.csv").touch()
    assert seconds(price(compared))["Tiny: similarity of activations"] == 0


@pytest.mark.slow
def test_an_experiment_takes_about_what_its_dry_run_said(make_plan: Callable[..., Plan]) -> None:
    plan = make_plan(training={"epochs": 100})
    predicted = sum(part.seconds for part in price(plan).parts)
    start = time.monotonic()
    for _ in execute(plan):
        pass
    write_similarities(plan)
    taken = time.monotonic() - start
    assert taken / 3 < predicted < 3 * taken


@pytest.mark.slow
def test_disk_is_that_of_the_cut_tensors_and_of_what_is_learned(make_plan: Any) -> None:
    plan = make_plan(training={"augmentation": "published", "views": 4})
    found = {part.name: part.size for part in price(plan).parts}
    every = 4 * 60 * 5 * 2  # bytes, images, renderings (views and one without augmentation), weights
    kept = {"frozen": 12 * every, "topK2": 7 * 7 * 14 * every, "probe": 0}
    assert found[PIXELS] > 4 * 60 * 32 * 32
    for _ in execute(plan):
        pass
    learned = {"frozen": 0, "probe": 0, "topK2": 0}
    for run in plan.runs:
        of = read_learned(plan.folder.run(run) / "weights.h5")
        learned[run.scenario.setting.tuning] += sum(
            4 * array.size for array in (*of.suffix, of.kernel, of.bias, of.mean, of.sd)
        )
    assert {name: found[f"Tiny {name}"] - kept[name] for name in learned} == learned


@pytest.mark.slow
def test_features_that_are_kept_cost_nothing(make_plan: Any, finished_plan: Plan, tmp_path: Path) -> None:
    other = make_plan(cache=tmp_path / "cache", folds={"count": 4})
    passes = price(other).parts[0]
    assert passes.name == "Tiny: 2 feature passes" and passes.seconds > 0
    shutil.copytree(finished_plan.cache, tmp_path / "cache", dirs_exist_ok=True)
    passes = price(other).parts[0]
    assert passes.name == "Tiny: 0 feature passes" and passes.seconds == 0


@pytest.mark.slow
def test_features_that_are_not_kept_are_paid_in_every_epoch(make_plan: Any, a_second_each: None) -> None:
    plans = [make_plan(name, training={"cache_gb": size}) for name, size in (("none", 0.0), ("all", 20.0))]
    paid, kept = ({part.name: part for part in price(plan).parts}["Tiny topK2"] for plan in plans)
    images = sum(len(fold.train) + len(fold.inner) for fold in plans[0].folds)
    assert paid.seconds - kept.seconds == pytest.approx(2 * 3 * images / 32)  # weights, epochs
    assert paid.size < kept.size


@pytest.fixture
def bfloat16(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """Have a CPU on which bfloat16 takes a minute; return the plans that are timed."""
    timed: list[Plan] = []
    monkeypatch.setattr(cost, "has_bfloat16", lambda: True)
    monkeypatch.setattr(cost, "price", lambda plan: timed.append(plan) or priced(60.0))
    monkeypatch.setattr(cost.keras.backend, "clear_session", lambda: None)
    return timed


def priced(seconds: float, done: int = 0) -> Price:
    return Price([Part("", 0, seconds, 0)], 24, done, 1e9)


def test_a_dry_run_times_bfloat16_where_the_cpu_has_it(finished_plan: Plan, bfloat16: list[Plan]) -> None:
    (line,) = bfloat16_instead(finished_plan, priced(150.0))
    assert "1.0 instead of 2.5 minutes" in line and 'precision = "mixed_bfloat16"' in line
    assert [plan.device.precision for plan in bfloat16] == ["mixed_bfloat16"]


def test_a_short_experiment_is_not_timed_again(finished_plan: Plan, bfloat16: list[Plan]) -> None:
    assert len(bfloat16_instead(finished_plan, priced(59.0))) == 1
    assert bfloat16 == []


@pytest.mark.parametrize("reason", ["finished runs", "no instructions", "precision", "a GPU"])
def test_bfloat16_is_not_offered_where_it_cannot_be_had(
    reason: str, finished_plan: Plan, bfloat16: list[Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"precision": {"precision": "mixed_bfloat16"}, "a GPU": {"gpus": ("a GPU",)}}.get(reason, {})
    plan = dataclasses.replace(finished_plan, device=dataclasses.replace(finished_plan.device, **changes))
    if reason == "no instructions":
        monkeypatch.setattr(cost, "has_bfloat16", lambda: False)
    assert bfloat16_instead(plan, priced(150.0, done=reason == "finished runs")) == []
    assert bfloat16 == []


@pytest.mark.slow
def test_bfloat16_is_timed_like_float32(make_plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "has_bfloat16", lambda: True)
    monkeypatch.setattr(cost, "MINUTE", 1e-6)
    plan = make_plan(grid={"weights": ["mine"]}, question=None)
    (line,) = bfloat16_instead(plan, price(plan))
    half, full = map(float, re.findall(r"[0-9.]+ instead of [0-9.]+", line)[0].split(" instead of "))
    assert half > 0 and full > 0
    assert keras.config.dtype_policy().name == "float32"


def test_a_dry_run_trains_nothing(planned: Plan) -> None:
    lines = price(planned).lines()
    assert re.match(r"24 runs, 0 ", lines[0])
    assert re.search(r"\b95 % .*\b0\.8.* \+-0\.\d", lines[-1])
    assert not planned.folder.runs.exists()
