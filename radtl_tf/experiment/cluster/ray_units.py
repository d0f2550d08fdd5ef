"""Start the work units of a prepared experiment on the machines of a Ray cluster, and start again what failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from radtl_tf.experiment.cluster.raylet import LATE
from radtl_tf.logs import get_logger
from radtl_tf.progress import Progress, Watch, clock, silent
from radtl_tf.records.prepared import WorkUnit

_log = get_logger(__name__)

PATIENCE = 10  # times its estimate that a unit may take
LEAST = 1200.0  # seconds that every unit may take: imports, a pass over the images, a loaded machine
TRIES = 2  # of a unit that ran out of time
PAUSE = 60.0  # seconds until a unit that another process works on is started again
HELD = 75  # exit code of such a unit, EX_TEMPFAIL of sysexits.h


class Pool(Protocol):
    """What runs units: ``start`` one, then ``wait`` some seconds for those that end."""

    def start(self, unit: str, seconds: float) -> None:
        """Start a unit, which may take ``seconds``."""

    def wait(self, seconds: float) -> Iterable[tuple[str, int | None, str]]:
        """Yield unit, exit code and reason of those that end within ``seconds``, as ``start_unit`` returns them."""


def limit_of(unit: WorkUnit) -> float:
    """Return the seconds that a unit may take.

    >>> limit_of(WorkUnit(name="a", runs=(), seconds=300.0))
    3000.0
    """
    return max(PATIENCE * (unit.seconds or 0.0), LEAST)


def train_units(
    units: Sequence[WorkUnit], pool: Pool, watch: Watch = silent, now: Callable[[], float] = time.monotonic
) -> list[str]:
    """Train units in a pool, started in their order; return the names of those that failed.

    A unit that another process works on is started again until it is free. A unit that runs out of time is ended and
    tried once more.
    """
    limits = {unit.name: limit_of(unit) for unit in units}
    tries = dict.fromkeys(limits, 0)
    due = dict.fromkeys(limits, 0.0)  # when to start those that are neither running nor done
    failed: list[str] = []
    done = 0
    watch(Progress("Work units", 0, len(units)))
    while done < len(units):
        for name in [name for name, moment in due.items() if moment <= now()]:
            del due[name]
            pool.start(name, limits[name])
        for name, code, reason in pool.wait(1.0):
            if code == HELD:
                due[name] = now() + PAUSE
                continue
            tries[name] += 1
            if reason == LATE and tries[name] < TRIES:
                _log.warning(f"{name} was ended after {clock(limits[name])} and is tried once more")
                due[name] = 0.0
                continue
            done += 1
            if code != 0:
                failed.append(name)
                _log.warning(f"{name} failed: {reason or f'exit code {code}'}")
            watch(Progress("Work units", done, len(units)))
    return failed
