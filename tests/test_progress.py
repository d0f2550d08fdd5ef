"""Progress is reported step by step."""

from __future__ import annotations

from radtl_tf.progress import Progress, counted, silent, timed


def test_each_item_is_counted_before_it_is_given() -> None:
    seen: list[Progress] = []
    items = counted(iter("ab"), seen.append, "Letters", 2)
    assert (next(items), seen) == ("a", [Progress("Letters", 1, 2)])
    assert list(items) == ["b"]
    assert seen[1:] == [Progress("Letters", 2, 2)]


def test_nothing_is_shown_unless_asked_for() -> None:
    assert list(counted([1, 2], silent, "Numbers", 2)) == [1, 2]


def test_the_time_left_follows_the_rate_since_the_first_item() -> None:
    seen: list[Progress] = []
    times = iter([10.0, 12.0, 14.0])
    assert list(timed("abc", seen.append, "Letters", 3, lambda: next(times))) == ["a", "b", "c"]
    assert [one.seconds_left for one in seen] == [None, 2.0, 0.0]
