"""A cache of arrays on disk, keyed by everything that determines them, limited in size, and shared by processes."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import OutputError
from radtl_tf.logs import get_logger
from radtl_tf.records.checksums import SummedFile, checksum_of
from radtl_tf.records.disk import read_json, temporary_folder, unwritable, write_json
from radtl_tf.records.experiment import Training
from radtl_tf.records.integrity.sealed_json import intact_object, sealed
from radtl_tf.records.safety.leftovers import sweep
from radtl_tf.records.safety.lock import waiting
from radtl_tf.records.safety.lock_file import clear_dead

_log = get_logger(__name__)

Arrays = list[NDArray[np.float32]]
Shapes = Sequence[tuple[int, ...]]

GIGABYTE = 1e9
_KEY = "key.json"  # describes the arrays; its modification time is the time of their last use
_NOTES = "notes.json"
_SUMS = "checksums.json"  # checksums of the arrays' files, in order
_ADVICE = "Make room for the features, or set RADTL_CACHE to another folder."
_OWN, _SHARED = 0o700, 0o2770  # modes of folders: of the owner only, or of the group, which new files inherit


@dataclass(frozen=True)
class Entry:
    """float32 arrays of these ``shapes``, the JSON values that determine every number in them, and notes about them."""

    key: Mapping[str, Any]
    shapes: Shapes
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The name of the entry's folder."""
        return digest_of(self.key)

    @property
    def size(self) -> int:
        """The size of the arrays in bytes."""
        return sum(4 * int(np.prod(shape)) for shape in self.shapes)


@dataclass(frozen=True)
class ArrayCache:
    """A folder of entries with at most ``limit`` bytes in total; new entries replace the least recently used ones.

    An entry that is larger than ``limit`` is kept as the only one.
    """

    folder: Path
    limit: float

    def find(self, entry: Entry) -> Arrays | None:
        """Return the memory-mapped arrays of ``entry``, or ``None`` if they are missing or damaged.

        Every file is read once per process and compared with its stored checksum.
        """
        arrays = self.read(entry.key)
        shapes = [tuple(shape) for shape in entry.shapes]
        return arrays if arrays is not None and [array.shape for array in arrays] == shapes else None

    def read(self, key: Mapping[str, Any]) -> Arrays | None:
        """Return the arrays with this key, whatever their shapes, as ``find``."""
        place = self.folder / digest_of(key)
        try:
            _touch(place / _KEY)
            sums = read_json(place / _SUMS)
            files = _files(place, len(sums))
            if sums != [checksum_of(file) for file in files]:
                return None
            return _opened(files)
        except (OSError, ValueError, TypeError, EOFError, OutputError):
            return None

    def notes(self, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the notes of the entry with this key; ``None`` if it has none, or they are damaged."""
        return intact_object(self.folder / digest_of(key) / _NOTES)

    def fill(self, entries: Sequence[Entry], rows: Iterator[Sequence[Arrays]]) -> list[Arrays]:
        """Write ``entries`` whole or not at all, and return their memory-mapped arrays.

        ``rows`` yields consecutive rows of every array of every entry and computes them on demand. If an entry exists,
        it is damaged or from an earlier version without checksums; it is replaced, with a warning.

        Raises:
            OutputError: the folder cannot be written or the disk is full.
        """
        places = [self.folder / entry.digest for entry in entries]
        self._make_folder(self.folder)
        unsound = sum((place / _KEY).exists() for place in places)
        if unsound:
            _log.warning("%d cached features are damaged or have no checksum: they are computed again", unsound)
        with ExitStack() as opened:
            temporary = [
                opened.enter_context(temporary_folder(place, mode=0o700, replace=True, advice=_ADVICE))
                for place in places
            ]
            for place in temporary:
                place.chmod(self._mode)
            _write(temporary, entries, rows)
            with self._lock("cache", "Another process makes room for features: waiting for it"):
                self._make_room(sum(entry.size for entry in entries))
                opened.close()  # rename all of them
                files = [_files(place, len(entry.shapes)) for place, entry in zip(places, entries, strict=True)]
                return [_opened(of_entry) for of_entry in files]

    def adopt(self, entry: Entry, file: Path, checksum: str) -> None:
        """Keep ``file``, the only array of ``entry``, as a hard link; its content has this ``checksum``.

        Later calls can use it. Where there can be no link, or no file can be written, nothing happens.
        """
        place = self.folder / entry.digest
        target = _files(place, 1)[0]
        with suppress(OSError, OutputError):
            if target.exists() and target.samefile(file):
                return
            self._make_folder(self.folder)
            with temporary_folder(place, mode=_OWN, replace=True) as temporary:
                os.link(file, temporary / target.name)
                write_json(temporary / _SUMS, [checksum])
                write_json(temporary / _KEY, dict(entry.key))
                with self._lock("cache", "Another process makes room for features: waiting for it"):
                    self._make_room(entry.size)

    def file_of(self, key: Mapping[str, Any]) -> tuple[Path, str] | None:
        """Return the file of the only array with this key, and its recorded checksum, which is not compared here."""
        place = self.folder / digest_of(key)
        try:
            _touch(place / _KEY)
            (checksum,) = read_json(place / _SUMS)
        except (OSError, ValueError, TypeError, OutputError):
            return None
        return _files(place, 1)[0], str(checksum)

    @property
    def is_shared(self) -> bool:
        """Whether a group shares the cache: then new folders are readable by the group, otherwise by the owner only."""
        try:
            return bool(self.folder.stat().st_mode & stat.S_IWGRP)
        except OSError:
            return False

    def sweep(self) -> None:
        """Remove what dead processes have left: half-written entries and locks."""
        sweep(self.folder, ".*.part")
        clear_dead(self.folder / "locks")

    @contextmanager
    def computing(self, key: Mapping[str, Any]) -> Iterator[None]:
        """Hold a lock so that one process at a time computes the arrays of ``key``; a dead process does not hold it.

        Raises:
            OutputError: the folder cannot be written.
        """
        with self._lock(digest_of(key), "Another process computes the same features: waiting for it"):
            yield

    @contextmanager
    def _lock(self, name: str, message: str) -> Iterator[None]:
        self._make_folder(self.folder / "locks")
        with waiting(self.folder / "locks" / f"{name}.lock", message):
            yield

    @property
    def _mode(self) -> int:
        """The mode of new folders."""
        return _SHARED if self.is_shared else _OWN

    def _make_folder(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=False, mode=_OWN)
            folder.chmod(self._mode)
        except FileExistsError:
            return
        except OSError as error:
            raise unwritable(folder, error, _ADVICE) from error

    def _make_room(self, size: int) -> None:
        """Remove the least recently used entries until ``size`` bytes fit, and what dead processes have left."""
        self.sweep()
        known = sorted((key.stat().st_mtime, key.parent) for key in self.folder.glob(f"[!.]*/{_KEY}"))
        sizes = {place: _bytes_below(place) for _, place in known}
        total = sum(sizes.values()) + size
        for place, each in sizes.items():
            if total <= self.limit:
                break
            shutil.rmtree(place, ignore_errors=True)
            total -= each


def cache_in(folder: Path, training: Training) -> ArrayCache:
    """Return the cache in ``folder`` with the size that ``training`` allows."""
    return ArrayCache(folder, training.cache_gb * GIGABYTE)


def digest_of(key: Mapping[str, Any]) -> str:
    """Return 24 hexadecimal digits that identify JSON values."""
    return hashlib.blake2b(json.dumps(key, sort_keys=True).encode(), digest_size=12).hexdigest()


def _touch(path: Path) -> None:
    """Set the modification time of a file to now, unless the disk is read-only or the file is another user's."""
    try:
        os.utime(path)
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EPERM, errno.EACCES):
            raise


def _write(places: Sequence[Path], entries: Sequence[Entry], rows: Iterator[Sequence[Arrays]]) -> None:
    """Write files row by row; writing to a memory map would kill the process on a full disk."""
    with ExitStack() as opened:
        files = [_begin(place, entry, opened) for place, entry in zip(places, entries, strict=True)]
        for chunk in rows:
            for place in places:
                os.utime(place)  # a sign of life for other processes
            for file, array in zip(chain(*files), chain(*chunk), strict=True):
                file.write(np.ascontiguousarray(array, "<f4").data)
    for place, entry, written in zip(places, entries, files, strict=True):
        write_json(place / _SUMS, [file.checksum for file in written])
        if entry.notes:
            write_json(place / _NOTES, sealed(dict(entry.notes)))
        write_json(place / _KEY, dict(entry.key))


def _begin(place: Path, entry: Entry, opened: ExitStack) -> list[SummedFile]:
    """Open a file per array and write its header."""
    files = [SummedFile(opened.enter_context(file.open("wb"))) for file in _files(place, len(entry.shapes))]
    for file, shape in zip(files, entry.shapes, strict=True):
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": tuple(shape)})
    return files


def _files(place: Path, number: int) -> list[Path]:
    return [place / f"{each:02d}.npy" for each in range(number)]


def _opened(files: Sequence[Path]) -> Arrays:
    return [np.load(file, mmap_mode="r") for file in files]


def _bytes_below(place: Path) -> int:
    return sum(file.stat().st_size for file in place.iterdir())
