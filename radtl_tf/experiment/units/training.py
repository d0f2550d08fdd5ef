"""Train the work units of a plan in this process, next to other processes that train other units."""

from __future__ import annotations

import time
from collections.abc import Sequence

from radtl_tf.errors import RadtlError
from radtl_tf.experiment.engine import Engine
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.time_left import Remaining
from radtl_tf.logs import get_logger
from radtl_tf.progress import Progress, Watch
from radtl_tf.records.prepared import Prepared, WorkUnit
from radtl_tf.records.runs import Run
from radtl_tf.records.safety.failures import failures_in, forget_failures
from radtl_tf.records.safety.lock import unit_lock_of, working_if_free
from radtl_tf.records.safety.lock_file import Attempt, living
from radtl_tf.records.safety.parent import crashed, in_hand, this_call

_log = get_logger(__name__)

POLL = 1.0  # seconds between two looks at units in other hands


class UnitTrainer:
    """Trains units of a plan, one after the other; the caller holds the lock of each."""

    def __init__(self, plan: Plan, units: Sequence[WorkUnit], watch: Watch) -> None:
        """Nothing is trained here; ``watch`` is called now, and after each run, with the number of finished runs."""
        self._plan, self._watch, self._engine = plan, watch, Engine(plan)
        known = {run.name: run for run in plan.runs}
        self._runs = {unit.name: [known[name] for name in unit.runs] for unit in units}
        self._total = sum(map(len, self._runs.values()))
        self._pending = {run for runs in self._runs.values() for run in runs if not plan.folder.is_done(run)}
        self._remaining = Remaining(list(self._pending))
        self._say()

    def look(self) -> None:
        """Count what other processes have finished."""
        gone = {run for run in self._pending if self._plan.folder.is_done(run)}
        if gone:
            self._pending -= gone
            self._say(self._remaining.drop(gone))

    def _say(self, seconds_left: float | None = None) -> None:
        self._watch(Progress("Runs", self._total - len(self._pending), self._total, seconds_left))

    def left(self, unit: WorkUnit) -> list[Run]:
        """Return the runs of a unit that are neither finished nor given up in this call, those that failed last."""
        failed = failures_in(self._plan.folder.root, unit.name, this_call())
        runs = [run for run in self._runs[unit.name] if not self._plan.folder.is_done(run)]
        fresh = [run for run in runs if run.name not in failed]
        return [*fresh, *(run for run in runs if run.name in failed and not failed[run.name].is_final)]

    def train(self, unit: WorkUnit) -> None:
        """Train what is left of a unit; those that have failed once come after the others."""
        failed = failures_in(self._plan.folder.root, unit.name, this_call())
        left = self.left(unit)
        try:
            for group in ([run for run in left if run.name not in failed], [run for run in left if run.name in failed]):
                for run in self._engine.train(group):
                    self._pending.discard(run)
                    self._say(self._remaining.finish(run))
        except (RadtlError, OSError):
            raise
        except Exception as error:
            crashed(error)
            raise
        in_hand(())
        done = [run.name for run in self._runs[unit.name] if self._plan.folder.is_done(run)]
        forget_failures(self._plan.folder.root, unit.name, done)

    def has_failed(self, unit: WorkUnit) -> bool:
        """Return whether a run of the unit has failed in this call."""
        return bool(failures_in(self._plan.folder.root, unit.name, this_call()))

    def close(self) -> None:
        """Forget the traced programs."""
        self._engine.close()


def train_units(plan: Plan, prepared: Prepared, watch: Watch) -> None:
    """Train every unit that is not finished; one that another process trains is left to it, and waited for.

    If that process dies, the unit is trained here. Units with failed runs come after the others.
    """
    root = plan.folder.root
    trainer = UnitTrainer(plan, prepared.units, watch)
    attempts = {unit.name: Attempt(unit_lock_of(root, unit.name)) for unit in prepared.units}
    left = sorted((unit for unit in prepared.units if trainer.left(unit)), key=trainer.has_failed)
    said: set[str] = set()
    while left:
        busy = [unit for unit in left if not _trained(trainer, unit, attempts[unit.name])]
        if len(busy) == len(left):
            _say_who(plan, busy, said)
            time.sleep(POLL)
        trainer.look()
        left = [unit for unit in busy if trainer.left(unit)]
    trainer.close()


def _trained(trainer: UnitTrainer, unit: WorkUnit, attempt: Attempt) -> bool:
    """Train a unit if its lock is free; return whether it was."""
    with working_if_free(attempt, unit.name) as is_mine:
        if is_mine:
            trainer.train(unit)
        return is_mine


def _say_who(plan: Plan, units: Sequence[WorkUnit], said: set[str]) -> None:
    """Log once which process trains a unit that this one waits for."""
    for unit in units:
        if unit.name not in said:
            said.add(unit.name)
            holder = living(unit_lock_of(plan.folder.root, unit.name))
            _log.info(f"Waiting for the work unit {unit.name}, in the hands of {holder or 'another process'}")
