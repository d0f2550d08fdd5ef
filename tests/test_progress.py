"""Progress is reported step by step."""

from __future__ import annotations

from radtl_tf.progress import Progress, counted, silent


def test_each_item_is_counted_before_it_is_given() -> None:
    seen: list[Progress] = []
    items = counted(iter("ab"), seen.append, "Letters", 2)
    assert (next(items), seen) == ("a", [Progress("Letters", 1, 2)])
    assert list(items) == ["b"]
    assert seen[1:] == [Progress("Letters", 2, 2)]


def test_nothing_is_shown_unless_asked_for() -> None:
    assert list(counted([1, 2], silent, "Numbers", 2)) == [1, 2]
