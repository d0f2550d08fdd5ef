"""Start the work units of a prepared experiment on the machines of a Ray cluster, and start again what failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from radtl_tf.logs import get_logger
from radtl_tf.progress import Progress, Watch, silent
from radtl_tf.records.prepared import WorkUnit
from radtl_tf.records.safety.failures import words_for

_log = get_logger(__name__)

PATIENCE = 10  # times its estimate that a unit may take
LEAST = 1200.0  # seconds that every unit may take: imports, a pass over the images, a loaded machine
TRIES = 2  # of a unit that ran out of time, or whose process died
PAUSE = 60.0  # seconds until a unit that another process works on is started again
HELD = 75  # exit code of such a unit, EX_TEMPFAIL of sysexits.h
_SIGNAL = 128  # exit codes above it say which signal ended a command


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
) -> dict[str, str]:
    """Train units in a pool, started in their order; return those that died, with the reason.

    A unit that another process works on is started again until it is free. A unit that runs out of time is ended; it
    and a unit whose process dies are tried once more. A unit that ends with an error has said why, and did not die.
    """
    tries = dict.fromkeys((unit.name for unit in units), 0)
    limits = {unit.name: limit_of(unit) for unit in units}
    due = dict.fromkeys(limits, 0.0)  # when to start those that are neither running nor done
    died: dict[str, str] = {}
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
            death = _death(code, reason)
            if death and tries[name] < TRIES:
                _log.warning(f"{name}: {death}. Trying again")
                due[name] = 0.0
                continue
            if death:
                died[name] = death
            if code != 0:
                _log.warning(f"{name}: {death or words_for(code or 0)}. Left out")
            done += 1
            watch(Progress("Work units", done, len(units)))
    return died


def _death(code: int | None, reason: str) -> str:
    """Return why a unit died; an empty string if its command ended by itself."""
    if code is None:
        return reason
    number = -code if code < 0 else code - _SIGNAL
    return words_for(-number) if number > 0 else ""
