"""Report the progress of long work through one callback."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` of ``what`` are finished; the rest takes ``seconds_left``, if that is known."""

    what: str
    done: int
    total: int
    seconds_left: float | None = None


Watch = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Show nothing; this is the default ``watch``."""


def counted(items: Iterable[_Item], watch: Watch, what: str, total: int) -> Iterator[_Item]:
    """Yield the ``total`` items; ``watch`` is called for each item before it is yielded."""
    for done, item in enumerate(items, start=1):
        watch(Progress(what, done, total))
        yield item


def timed(
    items: Iterable[_Item], watch: Watch, what: str, total: int, now: Callable[[], float] = time.monotonic
) -> Iterator[_Item]:
    """Yield the items as ``counted``, with the time left: the rate since the first item, which may wait for a start."""
    start = 0.0
    for done, item in enumerate(items, start=1):
        start = start if done > 1 else now()
        left = (now() - start) / (done - 1) * (total - done) if done > 1 else None
        watch(Progress(what, done, total, left))
        yield item


def clock(seconds: float) -> str:
    """Return a duration in words.

    >>> clock(59.6), clock(7), clock(7500)
    ('1 min 0 s', '7 s', '2 h 5 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
