"""The price list of a dry run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from radtl_tf.experiment.cost import price
from radtl_tf.experiment.engine import execute


def test_every_run_that_is_left_is_priced(make_plan: Any) -> None:
    plan = make_plan()
    before = price(plan)
    assert (before.total, before.done, sum(part.runs for part in before.parts)) == (24, 0, 24)
    assert all(part.seconds > 0 for part in before.parts)
    assert before.memory > 1e8
    running = execute(plan)
    next(running)
    running.close()
    after = price(plan)
    assert (after.done, sum(part.runs for part in after.parts)) == (1, 23)


def test_disk_is_that_of_the_cut_tensors(make_plan: Any) -> None:
    plan = make_plan(training={"augmentation": "published", "views": 4})
    (frozen,) = (part for part in price(plan).parts if part.name == "Tiny frozen")
    assert frozen.size == 12 * 4 * 60 * 5 * 2  # features, bytes, images, views and the plain one, weights


def test_features_that_are_kept_cost_nothing(make_plan: Any, tmp_path: Path) -> None:
    passes = price(make_plan("first", cache=tmp_path / "cache")).parts[0]
    assert passes.name == "Tiny: 2 feature passes" and passes.seconds > 0
    for _ in execute(make_plan("first", cache=tmp_path / "cache")):
        pass
    passes = price(make_plan("second", cache=tmp_path / "cache", folds={"count": 4})).parts[0]
    assert passes.name == "Tiny: 0 feature passes" and passes.seconds == 0


def test_features_that_are_not_kept_are_paid_in_every_epoch(make_plan: Any) -> None:
    plan = make_plan(training={"cache_gb": 0.0, "epochs": 1000})
    few = make_plan("few", training={"cache_gb": 0.0, "epochs": 10})
    much, little = ({part.name: part for part in price(one).parts}["Tiny topK2"] for one in (plan, few))
    assert much.size == little.size == 0
    assert much.seconds > 20 * little.seconds


def test_a_dry_run_trains_nothing(make_plan: Any) -> None:
    plan = make_plan()
    lines = price(plan).lines()
    assert lines[0] == "24 runs, 0 of them done"
    assert not plan.folder.runs.exists()
