"""The estimate of the remaining time."""

from __future__ import annotations

from radtl_tf.experiment.time_left import Remaining
from radtl_tf.records.runs import Run, Scenario, Setting


def run(tuning: str, fold: int, size: int | None = None) -> Run:
    return Run(Scenario(Setting("ResNet50", "random", "caffe", tuning, image_size=size), 0.01), 0, fold)


def test_runs_of_a_kind_cost_what_those_before_did() -> None:
    runs = [run(tuning, fold) for tuning in ("frozen", "top10") for fold in range(4)]
    now = 100.0
    remaining = Remaining(runs, clock=lambda: now)
    now = 102.0
    assert remaining.finish(runs[0]) == 7 * 2  # no top10 run is finished
    assert remaining.finish(runs[1]) == 6 * 1
    now = 132.0
    assert remaining.finish(runs[4]) == 2 * 1 + 3 * 30


def test_runs_at_another_image_size_are_of_another_kind() -> None:
    runs = [run("top10", fold, size) for size in (96, 224) for fold in range(2)]
    now = 0.0
    remaining = Remaining(runs, clock=lambda: now)
    now = 1.0
    remaining.finish(runs[0])
    now = 11.0
    assert remaining.finish(runs[2]) == 1 + 10


def test_after_the_last_run_nothing_is_left() -> None:
    remaining = Remaining([run("frozen", 0)])
    assert remaining.finish(run("frozen", 0)) == 0


def test_runs_that_others_have_finished_cost_nothing() -> None:
    now = 0.0
    remaining = Remaining([run("frozen", fold) for fold in range(4)], clock=lambda: now)
    assert remaining.drop([run("frozen", 3)]) is None  # nothing is timed yet
    now = 2.0
    assert remaining.finish(run("frozen", 0)) == 4
    assert remaining.drop([run("frozen", 1)]) == 2
