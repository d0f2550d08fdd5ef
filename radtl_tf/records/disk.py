"""Write files and folders whole or not at all: a temporary name beside the final one, a sync, a rename.

A kill leaves at most an entry whose name starts with a dot and ends in ``.part``; nothing reads those.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from radtl_tf.errors import OutputError


def temporary_name(path: Path) -> Path:
    """Return a hidden name beside ``path`` that no other call returns, on this host or on another."""
    host = re.sub(r"[^A-Za-z0-9-]", "-", platform.node())[:32]
    return path.with_name(f".{path.name}.{host}.{os.getpid()}.{secrets.token_hex(4)}.part")


@contextmanager
def temporary_file(path: Path) -> Iterator[Path]:
    """Give a temporary name to write a file under; it takes the place of ``path`` when the block ends without error.

    The folder of ``path`` is made. An ``OSError`` of the block that names a file elsewhere goes on unchanged.

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
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def temporary_folder(path: Path, *, mode: int = 0o777, replace: bool = False, advice: str = "") -> Iterator[Path]:
    """Give a temporary folder to write into; it takes the place of ``path`` when the block ends without error.

    ``replace`` removes an earlier folder first; without it only an empty one gives way. ``mode`` is that of the folder,
    before the umask. ``advice`` ends the message of the error. An ``OSError`` of the block that names a file elsewhere
    goes on unchanged.

    Raises:
        OutputError: the folder cannot be written or is there already, or the disk is full.
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
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def rename(source: Path, path: Path) -> None:
    """Give a whole file or folder its final name.

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
    """Write ``text`` as UTF-8, with the line ends that it has, as ``write_bytes`` does."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, as ``write_bytes`` does."""
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
        raise OutputError(f"{path}: damaged, no JSON.") from error


def unwritable(path: Path, error: OSError, advice: str = "") -> OutputError:
    """Return the one-line error of a file or folder that cannot be written; HDF5 gives no short reason."""
    return OutputError(
        f"{path}: cannot be written ({error.strerror or 'disk full or no access'}).{' ' * bool(advice)}{advice}"
    )


def _is_elsewhere(error: OSError, temporary: Path, path: Path) -> bool:
    """Tell whether an error is about a file that lies neither below ``temporary`` nor on the way to ``path``.

    An error without a file's name, as of a full disk or of HDF5, is one of writing.
    """
    if not isinstance(error.filename, (str, bytes, os.PathLike)):
        return False
    file, own, final = (Path(os.path.abspath(os.fsdecode(name))) for name in (error.filename, temporary, path))
    return not (file.is_relative_to(own) or final.is_relative_to(file))


def _take_place(temporary: Path, path: Path) -> None:
    """Sync everything below ``temporary``, rename it, and sync the folder that it is in."""
    inside = temporary.rglob("*") if temporary.is_dir() else ()
    for each in (*inside, temporary):
        _sync(each)
    os.replace(temporary, path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Flush a file or folder to the disk; Windows cannot open folders, and needs no sync for them."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
