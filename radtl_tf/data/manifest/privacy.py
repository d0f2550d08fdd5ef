"""Hash patient ids with a secret key: they leave the manifest in no other form."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from radtl_tf.errors import OutputError
from radtl_tf.records.disk import temporary_name
from radtl_tf.records.plain_text import MISSING_WORDS, normal_text

KEY_FILE = "patient.key"
_KEY_BYTES = 32
_HASH_BYTES = 12
_NO_ID = MISSING_WORDS | {"none", "?", "unknown"}


def patient_key(folder: Path) -> bytes:
    """Return the key of ``folder`` (32 bytes), drawn at the first call and kept in ``patient.key`` with mode 0600.

    Raises:
        OutputError: the key cannot be read or written, or is damaged.
    """
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _write_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise OutputError(f"{path}: cannot be read or written ({error.strerror}).") from error
    if len(key) != _KEY_BYTES:
        raise OutputError(
            f"{path} is damaged: it has {len(key)} bytes instead of {_KEY_BYTES}; restore it, or use a new folder."
        )
    return key


def normal_id(value: str) -> str:
    """Return a patient's id in the normal form that is compared and hashed, the same as for every text of a table.

    >>> normal_id("'\N{FULLWIDTH DIGIT ONE}7\N{NO-BREAK SPACE}")
    '17'
    """
    return normal_text(value)


def ids_in_paths(paths: Iterable[str], pattern: str) -> list[str]:
    """Return what the regular expression finds first in each path: its first group, else the match, else nothing.

    >>> ids_in_paths(["train/patient07/1.png", "train/1.png"], "patient[0-9]+")
    ['patient07', '']
    """
    expression = re.compile(pattern)
    group = min(expression.groups, 1)
    matches = map(expression.search, paths)
    return [(match[group] or "") if match else "" for match in matches]


def is_missing_id(value: str) -> bool:
    """Tell whether a cell names no patient: blank, a word for a missing value, or the error of a formula.

    >>> is_missing_id("#N/A"), is_missing_id("nan"), is_missing_id("P-017")
    (True, True, False)
    """
    return normal_id(value).casefold() in _NO_ID


def hashed(patient: str, key: bytes) -> str:
    """Return the keyed BLAKE2b hash of a patient's normal id, 24 hexadecimal characters."""
    return hashlib.blake2b(normal_id(patient).encode(), key=key, digest_size=_HASH_BYTES).hexdigest()


def _write_key(path: Path) -> None:
    """Write a new key; if two processes do this at once, the first key is kept and both read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)  # unlike a rename, a link never replaces a key that is already there
    finally:
        os.unlink(temporary)
