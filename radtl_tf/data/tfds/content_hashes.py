"""The sha256 of image files, remembered by path, size and time, so that an image is not read again for it."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from radtl_tf.data.manifest.paths import ImageFile
from radtl_tf.data.manifest.privacy import patient_key
from radtl_tf.errors import DataError, OutputError
from radtl_tf.places import cache_folder, data_folder

FILE = "image-hashes.sqlite"
_TABLE = "CREATE TABLE IF NOT EXISTS hashes (place BLOB PRIMARY KEY, size INTEGER, changed INTEGER, sha256 BLOB)"
_READ = "SELECT sha256 FROM hashes WHERE place = ? AND size = ? AND changed = ?"
_WRITE = "INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?)"
_FRESH = 2_000_000_000  # nanoseconds: a file changed so recently may change again within the resolution of its time
_THREADS = 8
_PORTION = 2048  # images whose hashes are kept at a time: a killed process loses no more


def content_hashes(sources: Sequence[ImageFile]) -> list[str]:
    """Return the sha256 (64 hexadecimal characters) of the bytes of every image, in order.

    Hashes are kept in the user's cache under a keyed hash of the path. Without a cache that can be written, every image
    is read.

    Raises:
        DataError: an image cannot be read; the message names its line.
    """
    hashes: list[str] = []
    with _memory() as memory, ThreadPoolExecutor(_THREADS) as threads:
        for start in range(0, len(sources), _PORTION):
            portion = sources[start : start + _PORTION]
            known = [memory.find(source) for source in portion]
            missing = [source for source, found in zip(portion, known, strict=True) if found is None]
            read = dict(zip(missing, threads.map(_sha256, missing), strict=True))
            memory.keep(read)
            hashes += [found or read[source] for source, found in zip(portion, known, strict=True)]
    return hashes


class _Memory:
    """The remembered hashes; ``None`` as a connection remembers nothing."""

    def __init__(self, connection: sqlite3.Connection | None, key: bytes = b"") -> None:
        self._connection, self._key = connection, key

    def find(self, source: ImageFile) -> str | None:
        """Return the remembered hash of a file of this path, size and time."""
        if self._connection is None:
            return None
        row = self._connection.execute(_READ, (self._place(source), source.size, source.changed)).fetchone()
        return row[0].hex() if row else None

    def keep(self, found: dict[ImageFile, str]) -> None:
        """Remember hashes, except those of files that have just changed."""
        if self._connection is None:
            return
        old = time.time_ns() - _FRESH
        rows = [
            (self._place(source), source.size, source.changed, bytes.fromhex(sha256))
            for source, sha256 in found.items()
            if source.changed < old
        ]
        with contextlib.suppress(sqlite3.Error), self._connection:
            self._connection.executemany(_WRITE, rows)

    def _place(self, source: ImageFile) -> bytes:
        """Return a keyed hash of the path, since paths may hold names of patients."""
        return hashlib.blake2b(str(source.path.absolute()).encode(), key=self._key, digest_size=16).digest()


@contextlib.contextmanager
def _memory() -> Iterator[_Memory]:
    """Open the remembered hashes; a file that is damaged or cannot be opened is ignored, and a damaged one removed."""
    connection = None
    try:
        cache_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        connection, key = _connected(cache_folder() / FILE), patient_key(data_folder())
        memory = _Memory(connection, key)
    except (OSError, OutputError, sqlite3.Error):
        memory = _Memory(None)
    try:
        yield memory
    finally:
        if connection is not None:
            connection.close()


def _connected(path: Path) -> sqlite3.Connection:
    for _ in range(2):
        connection = sqlite3.connect(path, timeout=30)
        try:
            connection.execute(_TABLE)
            if connection.execute("PRAGMA quick_check").fetchone() == ("ok",):
                return connection
        except sqlite3.OperationalError:  # locked, or the folder is read-only
            connection.close()
            raise
        except sqlite3.DatabaseError:
            pass
        connection.close()
        path.unlink(missing_ok=True)
    raise sqlite3.DatabaseError


def _sha256(source: ImageFile) -> str:
    try:
        with source.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"line {source.line}: the image cannot be read ({error.strerror}).") from error
