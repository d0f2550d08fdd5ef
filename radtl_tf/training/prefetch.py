"""Prepare the next batches while the device works on the current one, and measure how long it waits."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_DEPTH = 2  # one item in preparation and one ready


class Ahead(Generic[_Item]):
    """Iterate over ``items`` while a thread prepares up to two of them ahead; its errors are raised here."""

    def __init__(self, items: Iterable[_Item]) -> None:
        self._items = iter(items)
        self.waited = 0.0  # seconds without a ready item

    def __iter__(self) -> Generator[_Item, None, None]:
        """Yield each item once, in order."""
        with ThreadPoolExecutor(max_workers=1) as thread:
            pending: deque[Future[tuple[_Item, ...]]] = deque(thread.submit(self._next) for _ in range(_DEPTH))
            while True:
                item = self._taken(pending.popleft())
                if not item:
                    return
                pending.append(thread.submit(self._next))
                yield item[0]

    def _taken(self, item: Future[tuple[_Item, ...]]) -> tuple[_Item, ...]:
        start = time.monotonic()
        try:
            return item.result()
        finally:
            self.waited += time.monotonic() - start

    def _next(self) -> tuple[_Item, ...]:
        """Return the next item in a tuple, which is empty at the end."""
        for item in self._items:
            return (item,)
        return ()
