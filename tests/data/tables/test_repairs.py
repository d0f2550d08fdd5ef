from __future__ import annotations

from radtl_tf.data.tables.repairs import Repair, in_columns


def test_lines_are_counted_once() -> None:
    assert Repair("kind", "message", ((3, "a"), (2, "a"), (3, "b"))).lines == (2, 3)


def test_many_columns_are_counted() -> None:
    assert in_columns(list("abcdef")) == "columns 'a', 'b', 'c', 'd' and 2 more"
