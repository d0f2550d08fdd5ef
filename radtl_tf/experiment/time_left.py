"""Estimate the time of the remaining runs from finished runs of the same kind."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from radtl_tf.records.runs import Run

Kind = tuple[str, str]  # network (backbone at an image size) and tuning: runs of one kind cost the same


class Remaining:
    """Track the remaining runs of an experiment; a run's cost is the time since the previous run ended."""

    def __init__(self, runs: Sequence[Run], clock: Callable[[], float] = time.monotonic) -> None:
        self._left = Counter(map(_kind, runs))
        self._spent: dict[Kind, float] = defaultdict(float)
        self._done: Counter[Kind] = Counter()
        self._clock, self._last = clock, clock()

    def finish(self, run: Run) -> float:
        """Record that ``run`` is finished; return the estimated seconds of the remaining runs.

        A kind with no finished run is estimated by the mean cost of all finished runs.
        """
        now, kind = self._clock(), _kind(run)
        self._spent[kind] += now - self._last
        self._done[kind] += 1
        self._left[kind] -= 1
        self._last = now
        return self._seconds()

    def drop(self, runs: Iterable[Run]) -> float | None:
        """Record that other processes have finished ``runs``; return the seconds left, if any run has been timed."""
        for run in runs:
            self._left[_kind(run)] -= 1
        return self._seconds() if self._done else None

    def _seconds(self) -> float:
        mean = sum(self._spent.values()) / self._done.total()
        return sum(count * self._each(kind, mean) for kind, count in self._left.items())

    def _each(self, kind: Kind, mean: float) -> float:
        return self._spent[kind] / self._done[kind] if self._done[kind] else mean


def _kind(run: Run) -> Kind:
    return run.scenario.setting.network, run.scenario.setting.tuning
