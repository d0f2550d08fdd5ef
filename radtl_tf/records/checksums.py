"""Checksums of the large arrays on disk, so that a damaged file is detected and never changes a result."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

_BYTES = 16


class SummedFile:
    """A binary file written from start to end, with the BLAKE2b checksum of its content."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._sum = file, hashlib.blake2b(digest_size=_BYTES)

    def write(self, data: Any) -> int:
        """Write a bytes-like object, such as the memory of an array, and return the number of bytes."""
        self._sum.update(data)
        return self._file.write(data)

    @property
    def checksum(self) -> str:
        """The checksum of everything written so far, 32 hexadecimal characters."""
        return self._sum.hexdigest()


def checksum_of(path: Path) -> str:
    """Return the checksum of a file; it is read once per process, and again if its size or time changes.

    Raises:
        OSError: the file cannot be read.
    """
    facts = path.stat()
    return _read(path.absolute(), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=4096)
def _read(path: Path, size: int, mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_BYTES)).hexdigest()
