"""Prefetching: the same items in the same order, and a measured waiting time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from radtl_tf.training.prefetch import Ahead


def test_items_come_once_and_in_order() -> None:
    assert list(Ahead(range(7))) == list(range(7))
    assert list(Ahead([])) == []


def test_the_next_item_is_prepared_while_this_one_is_used() -> None:
    prepared = [threading.Event() for _ in range(3)]

    def items() -> Iterator[int]:
        for number, event in enumerate(prepared):
            event.set()
            yield number

    for number in Ahead(items()):
        if number < 2:
            assert prepared[number + 1].wait(10)


def test_waiting_is_counted() -> None:
    def slow() -> Iterator[int]:
        for number in range(3):
            time.sleep(0.05)
            yield number

    idle, busy = Ahead(slow()), Ahead(iter(range(3)))
    assert list(idle) == list(busy) == [0, 1, 2]
    assert idle.waited > 0.1 > busy.waited


def test_an_error_of_the_thread_is_raised() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise KeyError("lost")

    items = iter(Ahead(failing()))
    assert next(items) == 1
    with pytest.raises(KeyError, match="lost"):
        next(items)
