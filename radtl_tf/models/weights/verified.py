"""Remember which weights files have passed the check, so that an experiment does not load a file to check it again.

The list is in the user's cache folder. A file is looked up by its place, size, time and sha256, so a changed file is
checked again. Whoever can write the folder can only skip the check of a file; reading a file stays as careful.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from radtl_tf.errors import OutputError
from radtl_tf.places import cache_folder
from radtl_tf.records.disk import read_json, write_json

_NAME = "verified-weights.json"
_RULES = 1  # raise it when the check of a weights file becomes stricter
_MOST = 256  # files that are remembered; the oldest are forgotten


def is_verified(file: Path, backbone: str, sha256: str) -> bool:
    """Return whether the same check has read ``file`` for ``backbone`` without a warning, and it has not changed since.

    ``sha256`` is the present checksum of the file.
    """
    return _entry(file, backbone, sha256) in _entries()


def remember_verified(file: Path, backbone: str, sha256: str) -> None:
    """Remember that ``file`` with this sha256 has passed the check, if the folder can be written."""
    entry = _entry(file, backbone, sha256)
    others = [other for other in _entries() if other != entry]
    with suppress(OSError, OutputError):
        cache_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(cache_folder() / _NAME, [*others, entry][-_MOST:])


def _entry(file: Path, backbone: str, sha256: str) -> dict[str, Any]:
    facts = file.stat()
    place = {"path": str(file.absolute()), "size": facts.st_size, "mtime_ns": facts.st_mtime_ns}
    return {**place, "sha256": sha256, "backbone": backbone, "rules": _RULES}


def _entries() -> list[Any]:
    """Return what is remembered; nothing if the list is missing or damaged."""
    try:
        found = read_json(cache_folder() / _NAME)
    except OutputError:
        return []
    return found if isinstance(found, list) else []
