"""Which work unit is started when, and how often, in a pool with a script instead of machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from radtl_tf.experiment.cluster.ray_units import HELD, LEAST, PATIENCE, PAUSE, limit_of, train_units
from radtl_tf.experiment.cluster.raylet import LATE
from radtl_tf.logs import shown
from radtl_tf.progress import Progress
from radtl_tf.records.prepared import WorkUnit

GOOD, LOST = (0, ""), (None, "the machine died")


class ScriptedPool:
    """End each unit as its script says, one per call of ``wait``, in a time of its own."""

    def __init__(self, **scripts: Sequence[tuple[int | None, str]]) -> None:
        self.scripts = {unit: list(ends) for unit, ends in scripts.items()}
        self.running: list[str] = []
        self.starts: list[tuple[str, float, float]] = []
        self.time = 0.0

    def start(self, unit: str, seconds: float) -> None:
        self.starts.append((unit, seconds, self.time))
        self.running.append(unit)

    def wait(self, seconds: float) -> Iterator[tuple[str, int | None, str]]:
        self.time += seconds
        if self.running:
            unit = self.running.pop(0)
            yield unit, *self.scripts[unit].pop(0)


def train(pool: ScriptedPool, seconds: float | None = None) -> tuple[dict[str, str], list[str], list[Progress]]:
    """Train all units of a pool; return those that died, the log, and the progress."""
    units = [WorkUnit(name=name, runs=(), seconds=seconds) for name in pool.scripts]
    lines: list[str] = []
    seen: list[Progress] = []
    with shown(lines.append):
        return train_units(units, pool, seen.append, now=lambda: pool.time), lines, seen


def test_every_unit_is_started_once_in_order() -> None:
    pool = ScriptedPool(a=[GOOD], b=[GOOD], c=[GOOD])
    died, lines, seen = train(pool)
    assert (died, lines) == ({}, [])
    assert [unit for unit, *_ in pool.starts] == ["a", "b", "c"]
    assert [one.done for one in seen] == [0, 1, 2, 3]


def test_a_unit_in_use_is_started_again_after_a_pause_until_it_is_free() -> None:
    pool = ScriptedPool(a=[(HELD, "")] * 5 + [GOOD], b=[GOOD])
    assert train(pool)[0] == {}
    moments = [moment for unit, _, moment in pool.starts if unit == "a"]
    assert len(moments) == 6
    assert all(later - earlier >= PAUSE for earlier, later in zip(moments, moments[1:], strict=False))


@pytest.mark.parametrize("first", [(None, LATE), (-9, ""), (137, "")])
@pytest.mark.parametrize(("second", "died"), [(GOOD, []), ((None, LATE), ["a"]), ((-15, ""), ["a"])])
def test_a_unit_that_dies_or_runs_out_of_time_is_tried_once_more(
    first: tuple[int | None, str], second: tuple[int | None, str], died: list[str]
) -> None:
    pool = ScriptedPool(a=[first, second], b=[GOOD])
    found, lines, seen = train(pool)
    assert list(found) == died and all(found.values())
    assert [unit for unit, *_ in pool.starts].count("a") == 2
    assert len(lines) == 1 + len(died) and seen[-1].done == 2


def test_a_unit_that_ends_with_an_error_is_not_tried_again() -> None:
    pool = ScriptedPool(a=[(1, "")], b=[LOST, LOST], c=[GOOD])
    died, lines, _ = train(pool)
    assert died == {"b": LOST[1]}
    assert [unit for unit, *_ in pool.starts] == ["a", "b", "c", "b"]
    assert len(lines) == 3 and "exit code 1" in lines[0]


def test_the_time_limit_follows_the_estimate() -> None:
    pool = ScriptedPool(a=[GOOD])
    train(pool, seconds=2 * LEAST)
    assert pool.starts[0][1] == 2 * LEAST * PATIENCE
    assert limit_of(WorkUnit(name="a", runs=(), seconds=None)) == LEAST
    assert limit_of(WorkUnit(name="a", runs=(), seconds=0.1)) == LEAST
