"""Arrays on disk under a key of everything that determines them: bounded, and shared by experiments and processes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from radtl_tf.errors import OutputError
from radtl_tf.logs import get_logger
from radtl_tf.records.folder import write_json

_log = get_logger(__name__)

Arrays = list[NDArray[np.float32]]
Shapes = Sequence[tuple[int, ...]]

_KEY = "key.json"  # says what the arrays are; its time of change is when they were last used
_STALE = 24 * 3600.0  # seconds after which what a killed process left behind is removed


@dataclass(frozen=True)
class Entry:
    """float32 arrays of ``shapes``, and the JSON values that determine every number in them."""

    key: Mapping[str, Any]
    shapes: Shapes

    @property
    def digest(self) -> str:
        """The entry's folder."""
        return digest_of(self.key)

    @property
    def size(self) -> int:
        """What the arrays take, in bytes."""
        return sum(4 * int(np.prod(shape)) for shape in self.shapes)


@dataclass(frozen=True)
class ArrayCache:
    """A folder of entries of at most ``limit`` bytes together; the least recently used make room for new ones.

    An entry that alone is larger than ``limit`` is kept, too, as the only one.
    """

    folder: Path
    limit: float

    def find(self, entry: Entry) -> Arrays | None:
        """Return the memory-mapped arrays of ``entry``, ``None`` where they are not there or damaged."""
        place = self.folder / entry.digest
        try:
            os.utime(place / _KEY)
            arrays = [np.load(_file(place, number), mmap_mode="r") for number in range(len(entry.shapes))]
        except (OSError, ValueError, EOFError):
            return None
        return arrays if [array.shape for array in arrays] == [tuple(shape) for shape in entry.shapes] else None

    def fill(self, entries: Sequence[Entry], rows: Iterator[Sequence[Arrays]]) -> list[Arrays]:
        """Write ``entries`` whole or not at all, and return their memory-mapped arrays.

        ``rows`` yields consecutive rows of every array of every entry, computed while they are written.

        Raises:
            OutputError: the folder cannot be written or the disk is full.
        """
        temporary = [self.folder / f".{entry.digest}.{os.getpid()}.part" for entry in entries]
        try:
            _write(temporary, entries, rows)
            with self._lock("cache"):
                self._make_room(sum(entry.size for entry in entries))
                return [self._keep(place, entry) for place, entry in zip(temporary, entries, strict=True)]
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            for place in temporary:
                shutil.rmtree(place, ignore_errors=True)

    @contextmanager
    def computing(self, key: Mapping[str, Any]) -> Iterator[None]:
        """Let one process at a time compute what ``key`` names; a killed one leaves no lock.

        Raises:
            OutputError: the folder cannot be written.
        """
        try:
            lock = self._lock(digest_of(key))
            if not _taken(lock):
                _log.info("Another process computes the same features: waiting for it")
                lock.acquire()
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield
        finally:
            lock.release()

    def _lock(self, name: str) -> FileLock:
        locks = self.folder / "locks"
        locks.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FileLock(locks / name)

    def _make_room(self, size: int) -> None:
        """Remove the least recently used entries until ``size`` bytes fit, and what killed processes left behind."""
        for left in self.folder.glob(".*.part"):
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)
        known = sorted((key.stat().st_mtime, key.parent) for key in self.folder.glob(f"[!.]*/{_KEY}"))
        sizes = {place: _bytes_below(place) for _, place in known}
        total = sum(sizes.values()) + size
        for place, each in sizes.items():
            if total <= self.limit:
                break
            shutil.rmtree(place, ignore_errors=True)
            total -= each

    def _keep(self, temporary: Path, entry: Entry) -> Arrays:
        place = self.folder / entry.digest
        shutil.rmtree(place, ignore_errors=True)
        os.replace(temporary, place)
        return [np.load(_file(place, number), mmap_mode="r") for number in range(len(entry.shapes))]

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.folder}: the features cannot be written ({error.strerror or error}). "
            "Make room, or set RADTL_CACHE to another folder."
        )


def digest_of(key: Mapping[str, Any]) -> str:
    """Return a name of 24 hexadecimal digits for JSON values."""
    return hashlib.blake2b(json.dumps(key, sort_keys=True).encode(), digest_size=12).hexdigest()


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except TimeoutError:
        return False
    return True


def _write(places: Sequence[Path], entries: Sequence[Entry], rows: Iterator[Sequence[Arrays]]) -> None:
    """Write files row by row: a memory map would kill the process where the disk is full."""
    with ExitStack() as opened:
        files = [_begin(place, entry, opened) for place, entry in zip(places, entries, strict=True)]
        for chunk in rows:
            for file, array in zip(chain(*files), chain(*chunk), strict=True):
                file.write(np.ascontiguousarray(array, "<f4").data)
        for file in chain(*files):
            file.flush()
            os.fsync(file.fileno())
    for place, entry in zip(places, entries, strict=True):
        write_json(place / _KEY, dict(entry.key))


def _begin(place: Path, entry: Entry, opened: ExitStack) -> Sequence[BinaryIO]:
    """Open a file per array and write its header."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, mode=0o700)
    files = [opened.enter_context(open(_file(place, number), "wb")) for number in range(len(entry.shapes))]
    for file, shape in zip(files, entry.shapes, strict=True):
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": tuple(shape)})
    return files


def _file(place: Path, number: int) -> Path:
    return place / f"{number:02d}.npy"


def _bytes_below(place: Path) -> int:
    return sum(file.stat().st_size for file in place.iterdir())
