"""Training units next to other processes."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.units import training
from radtl_tf.experiment.units.preparation import prepare_units
from radtl_tf.experiment.units.training import UnitTrainer, train_units
from radtl_tf.progress import Progress, silent
from radtl_tf.records.safety.failures import read_failures, record_failures
from radtl_tf.records.safety.lock import unit_lock_of, workers_of, working
from radtl_tf.records.safety.lock_file import Attempt
from radtl_tf.records.safety.parent import this_call


class FakeEngine:
    """Finishes a run without training it, and notes who did what under which locks."""

    trained: list[tuple[str, list[str]]]

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def train(self, runs: Any) -> Any:
        for run in runs:
            FakeEngine.trained.append((run.name, list(workers_of(self._plan.folder.root))))
            finish(self._plan, run.name)
            yield run

    def close(self) -> None:
        pass


def finish(plan: Plan, name: str) -> None:
    (plan.folder.runs / name / "DONE.json").write_text("{}")


@pytest.fixture
def unfinished(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Return a plan without finished runs that a fake engine trains."""
    monkeypatch.setattr(training, "Engine", FakeEngine)
    monkeypatch.setattr(training, "POLL", 0.01)
    FakeEngine.trained = []
    for marker in plan.folder.runs.glob("*/*/DONE.json"):
        marker.unlink()
    return plan


def test_every_run_is_trained_once_under_the_lock_of_its_unit(unfinished: Plan) -> None:
    prepared = prepare_units(unfinished, timed=False)
    seen: list[Progress] = []
    train_units(unfinished, prepared, seen.append)
    assert [name for name, _ in FakeEngine.trained] == [name for unit in prepared.units for name in unit.runs]
    assert all(len(held) == 1 and name in prepared.unit(held[0]).runs for name, held in FakeEngine.trained)
    assert [progress.done for progress in seen] == list(range(25)) and seen[-1].seconds_left == 0
    assert workers_of(unfinished.folder.root) == {}


def test_a_unit_in_other_hands_is_left_to_them(unfinished: Plan) -> None:
    prepared = prepare_units(unfinished, timed=False)
    other, mine = prepared.units
    begun, seen = threading.Event(), list[Progress]()

    def elsewhere() -> None:
        attempt = Attempt(unit_lock_of(unfinished.folder.root, other.name))
        assert attempt.once() == "taken"
        with attempt.held():
            begun.set()
            while len(FakeEngine.trained) < len(mine.runs):
                pass
            for name in other.runs:
                finish(unfinished, name)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    assert begun.wait(10)
    train_units(unfinished, prepared, seen.append)
    thread.join()
    assert {name for name, _ in FakeEngine.trained} == set(mine.runs)
    assert seen[-1].done == 24


def test_a_unit_that_its_holder_has_left_is_trained_here(unfinished: Plan) -> None:
    prepared = prepare_units(unfinished, timed=False)
    first = prepared.units[0]
    begun = threading.Event()

    def elsewhere() -> None:
        with working(unfinished.folder.root, first.name):
            begun.set()
            while not FakeEngine.trained:
                pass

    thread = threading.Thread(target=elsewhere)
    thread.start()
    assert begun.wait(10)
    train_units(unfinished, prepared, silent)
    thread.join()
    assert len(FakeEngine.trained) == 24


def test_failed_runs_come_last_and_those_of_this_call_are_given_up(unfinished: Plan) -> None:
    prepared = prepare_units(unfinished, timed=False)
    root, unit = unfinished.folder.root, prepared.units[0]
    lost, late, earlier = unit.runs[0], unit.runs[1], prepared.units[1].runs[0]
    for run in (lost, lost, late):
        record_failures(root, unit.name, [run], "killed", call=this_call())
    for _ in range(2):
        record_failures(root, prepared.units[1].name, [earlier], "killed", call="an earlier call")
    train_units(unfinished, prepared, silent)
    names = [name for name, _ in FakeEngine.trained]
    assert len(names) == 23 and lost not in names and names[-1] == late and earlier in names
    assert set(read_failures(root)) == {lost}


def test_a_trainer_of_one_unit_counts_its_runs(unfinished: Plan) -> None:
    unit = prepare_units(unfinished, timed=False).units[1]
    seen: list[Progress] = []
    trainer = UnitTrainer(unfinished, [unit], seen.append)
    trainer.train(unit)
    assert seen[-1].done == seen[-1].total == len(unit.runs) and trainer.left(unit) == []
