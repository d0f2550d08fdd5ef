"""What a build of a data set already has on disk from an interrupted call, so that ``generate`` continues after it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from radtl_tf.data.decoding.worker_pool import HeaderPatients
from radtl_tf.errors import RadtlError

if TYPE_CHECKING:
    from radtl_tf.data.tfds.examples import Row


class ChangedRowsError(RadtlError):
    """The rows of a data set differ from those of the interrupted build: what that build kept is of no use."""


@dataclass
class Continued:
    """The first ``number`` examples are on disk; ``rows`` is the hash over their rows.

    ``digest`` is the hash over the rows so far, ``patients`` are the patients of the headers so far. ``is_used`` tells
    whether the generator of the examples knows this record: one that does not starts with the first example.
    """

    number: int = 0
    rows: str = ""
    patients: HeaderPatients = field(default_factory=HeaderPatients)
    is_used: bool = False
    digest: str = ""

    def __post_init__(self) -> None:
        self._sum = hashlib.blake2b(digest_size=16)

    def after(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Return the rows whose examples are not on disk.

        Raises:
            ChangedRowsError: the others are not those of the interrupted build.
        """
        self.is_used, left = True, iter(rows)
        for _ in range(self.number):
            row = next(left, None)
            if row is None:
                raise ChangedRowsError
            self.add(row)
        if self.digest != self.rows:
            raise ChangedRowsError
        return left

    def add(self, row: Row) -> None:
        """Add the next row to the hash."""
        source, known = row.source, (row.label, row.patient, sorted(row.metadata.items()), row.unknown)
        self._sum.update(repr((source.path.name, source.size, source.changed, *known)).encode())
        self.digest = self._sum.hexdigest()


_CURRENT: ContextVar[Continued | None] = ContextVar("continued", default=None)


def current() -> Continued:
    """Return the record of the present build; outside of a build nothing is on disk."""
    return _CURRENT.get() or Continued()


@contextlib.contextmanager
def continuing(record: Continued) -> Iterator[None]:
    """Let ``generate`` continue after ``record`` in the block."""
    before = _CURRENT.set(record)
    try:
        yield
    finally:
        _CURRENT.reset(before)
