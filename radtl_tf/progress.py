"""How long work is followed: one callback that is told what is counted, how many are done, and what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` of ``what`` are finished; the others take ``seconds_left``, where that can be told."""

    what: str
    done: int
    total: int
    seconds_left: float | None = None


Watch = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Show nothing: what everything does that is not given another ``watch``."""


def counted(items: Iterable[_Item], watch: Watch, what: str, total: int) -> Iterator[_Item]:
    """Yield ``items``, of which there are ``total``; ``watch`` is told of each before it is yielded."""
    for done, item in enumerate(items, start=1):
        watch(Progress(what, done, total))
        yield item


def clock(seconds: float) -> str:
    """Return a time for people.

    >>> clock(59.6), clock(7), clock(7500)
    ('1 min 0 s', '7 s', '2 h 5 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
