"""How long the runs that are left will take, from those of their kind that are done."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from radtl_tf.records.runs import Run

Kind = tuple[str, str]  # backbone and tuning: runs of one kind cost the same


class Remaining:
    """Counts down the runs of an experiment; what has passed since the run before is what a run has cost."""

    def __init__(self, runs: Sequence[Run], clock: Callable[[], float] = time.monotonic) -> None:
        self._left = Counter(map(_kind, runs))
        self._spent: dict[Kind, float] = defaultdict(float)
        self._done: Counter[Kind] = Counter()
        self._clock, self._last = clock, clock()

    def finish(self, run: Run) -> float:
        """Take in that ``run`` is done now; return the seconds that the others will take.

        A kind of which none is done yet is taken to cost what the mean run has cost so far.
        """
        now, kind = self._clock(), _kind(run)
        self._spent[kind] += now - self._last
        self._done[kind] += 1
        self._left[kind] -= 1
        self._last = now
        mean = sum(self._spent.values()) / self._done.total()
        return sum(count * self._each(kind, mean) for kind, count in self._left.items())

    def _each(self, kind: Kind, mean: float) -> float:
        return self._spent[kind] / self._done[kind] if self._done[kind] else mean


def _kind(run: Run) -> Kind:
    return run.scenario.setting.backbone, run.scenario.setting.tuning
