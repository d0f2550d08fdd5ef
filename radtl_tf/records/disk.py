"""Write files and folders whole or not at all: a temporary name in the same folder, a sync, a rename.

A killed process leaves at most an entry whose name starts with a dot and ends in ``.part``; nothing reads those, and
``safety.leftovers`` removes them.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from radtl_tf.errors import OutputError
from radtl_tf.records.safety.processes import this_place

# ``place`` and ``process`` of the writer, as in ``temporary_name``
TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<place>[A-Za-z0-9-]*)\.(?P<process>\d+)\.[0-9a-f]{8}\.part")


def temporary_name(path: Path) -> Path:
    """Return a hidden name in the folder of ``path`` that no other call returns, on this host or another."""
    return path.with_name(f".{path.name}.{this_place()}.{os.getpid()}.{secrets.token_hex(4)}.part")


def final_path(path: Path) -> Path:
    """Return ``path`` with the names that its temporary parts get at the end."""
    return Path(*(found["name"] if (found := TEMPORARY.fullmatch(part)) else part for part in path.parts))


@contextmanager
def temporary_file(path: Path) -> Iterator[Path]:
    """Yield a temporary file name; the file is renamed to ``path`` when the block ends without error.

    The folder of ``path`` is created. An ``OSError`` of the block about a file elsewhere is raised unchanged.

    Raises:
        OutputError: the file cannot be written or the disk is full.
    """
    temporary = temporary_name(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _take_place(temporary, path)
    except OSError as error:
        if _is_elsewhere(error, temporary, path):
            raise
        raise unwritable(path, error) from error
    except RuntimeError as error:
        _refuse_full(path, error)
        raise
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def temporary_folder(path: Path, *, mode: int = 0o777, replace: bool = False, advice: str = "") -> Iterator[Path]:
    """Yield a temporary folder; it is renamed to ``path`` when the block ends without error.

    ``replace`` removes an existing folder first; without it, only an empty folder is replaced. ``mode`` is the mode of
    the folder before the umask. ``advice`` is added to the error message. An ``OSError`` of the block about a file
    elsewhere is raised unchanged.

    Raises:
        OutputError: the folder cannot be written or exists, or the disk is full.
    """
    temporary = temporary_name(path)
    try:
        temporary.mkdir(parents=True, mode=mode)
        yield temporary
        if replace:
            shutil.rmtree(path, ignore_errors=True)
        _take_place(temporary, path)
    except OSError as error:
        if _is_elsewhere(error, temporary, path):
            raise
        raise unwritable(path, error, advice) from error
    except RuntimeError as error:
        _refuse_full(path, error)
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def rename(source: Path, path: Path) -> None:
    """Rename a finished file or folder to its final name.

    Raises:
        OutputError: it cannot be renamed.
    """
    try:
        _take_place(source, path)
    except OSError as error:
        raise unwritable(path, error) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` whole or not at all.

    Raises:
        OutputError: the file cannot be written or the disk is full.
    """
    with temporary_file(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 with unchanged line ends, whole or not at all, as ``write_bytes``."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, whole or not at all, as ``write_bytes``."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file of the output folder.

    Raises:
        OutputError: the file is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise OutputError(f"{path} is damaged: not JSON. Restore the file.") from error


def unwritable(path: Path, error: OSError, advice: str = "") -> OutputError:
    """Return a one-line error for a file or folder that cannot be written: which disk is full, and what to do.

    ``advice`` replaces the general one. A temporary file is named as it would be at the end.
    """
    number = error.errno or _number_in(str(error))
    reason = error.strerror if error.errno else os.strerror(number) if number else "disk full or no access"
    path = final_path(path)
    known = advice or _ADVICE.get(number, "").format(folder=path.parent)
    return OutputError(f"{path}: cannot be written ({reason}). {known}".rstrip())


_FULL = "Make room on the disk of {folder}, then run the same command again."
_ADVICE = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "You have used up your quota: make room in {folder}, then run the same command again.",
    errno.EFBIG: "A limit on the size of files is too low (ulimit -f): raise it, then run the same command again.",
    errno.EROFS: "The disk of {folder} is read-only: choose another folder, or make it writable.",
    errno.EACCES: "You may not write in {folder}: choose another folder, or ask its owner.",
}


def _refuse_full(path: Path, error: RuntimeError) -> None:
    """Raise an OutputError if HDF5, which raises a RuntimeError when it closes a file, names a full disk."""
    number = _number_in(str(error))
    if number:
        raise unwritable(path, OSError(number, os.strerror(number))) from error


def _number_in(text: str) -> int:
    """Return the error number in a message of HDF5, which raises errors without one; 0 if there is none."""
    found = re.search(r"errno = (\d+)", text)
    return int(found[1]) if found else 0


def _is_elsewhere(error: OSError, temporary: Path, path: Path) -> bool:
    """Return whether an error is about something that is neither in ``temporary`` nor a parent folder of ``path``.

    A closed pipe is elsewhere: the reader of our output has ended. Any other error without a file name, such as a full
    disk or an error of HDF5, counts as an error of writing.
    """
    if isinstance(error, BrokenPipeError):
        return True
    if not isinstance(error.filename, (str, bytes, os.PathLike)):
        return False
    file, own, final = (Path(os.path.abspath(os.fsdecode(name))) for name in (error.filename, temporary, path))
    return not (file.is_relative_to(own) or final.is_relative_to(file))


def _take_place(temporary: Path, path: Path) -> None:
    """Sync everything in ``temporary``, rename it, and sync its parent folder."""
    inside = temporary.rglob("*") if temporary.is_dir() else ()
    for each in (*inside, temporary):
        _sync(each)
    os.replace(temporary, path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Flush a file or folder to disk; Windows cannot open folders and needs no sync for them."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
