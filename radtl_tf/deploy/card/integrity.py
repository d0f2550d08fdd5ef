"""Whether a model is the one that was exported: the sha256 of its files, and a digest of its facts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from radtl_tf.errors import OutputError

DIGEST = "digest"
FILES = "files"
FORMAT = 2
_READ = (1, FORMAT)  # format 1 has neither files nor a digest
_SHORT = 12  # digits of a sha256 to show


def sealed(facts: Mapping[str, Any], folder: Path, ignored: Collection[str]) -> dict[str, Any]:
    """Return ``facts`` with the format, the sha256 of every file in ``folder`` whose name is not ``ignored``, a digest.

    Raises:
        OSError: a file cannot be read.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name not in ignored)
    sums = {file.relative_to(folder).as_posix(): _sha256(file) for file in files}
    complete = {"format": FORMAT, **facts, FILES: sums}
    return complete | {DIGEST: digest_of(complete)}


def digest_of(facts: Mapping[str, Any]) -> str:
    """Return the sha256 of all facts except the digest: of their JSON with sorted keys and without spaces."""
    content = {key: value for key, value in facts.items() if key != DIGEST}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check_facts(facts: Any, file: Path) -> None:
    """Refuse facts, as read from ``file``, of an unknown format, and facts that were changed after the export.

    Raises:
        OutputError: what came, and what to do.
    """
    if not isinstance(facts, dict) or "format" not in facts:
        raise OutputError(f"{file} is damaged: it holds no facts of a model. Export the model again.")
    if facts["format"] not in _READ:
        raise OutputError(
            f"{file} has format {facts['format']!r}, but this version of radtl reads the formats "
            f"{' and '.join(map(str, _READ))}. Use the version that exported the model: {facts.get('radtl_tf', '?')}."
        )
    if facts["format"] == FORMAT and facts.get(DIGEST) != (found := digest_of(facts)):
        raise OutputError(
            f"{file} was changed after the export: its digest is {_short(found)}, but {_short(facts.get(DIGEST))} is "
            "written in it. Restore the file, or export the model again."
        )


def check_files(facts: Mapping[str, Any], folder: Path) -> None:
    """Refuse a model in ``folder`` if one of its files is missing or is not the exported one.

    Raises:
        OutputError: the first such file, and what to do.
    """
    for name, expected in facts.get(FILES, {}).items():
        file = folder / name
        if not file.is_file():
            raise OutputError(
                f"{file} is missing, so the model is damaged. Restore the file or export the model again."
            )
        if (found := _sha256(file)) != expected:
            raise OutputError(
                f"{file} is damaged or was changed after the export: its sha256 is {_short(found)}, expected "
                f"{_short(expected)}. Restore the file or export the model again."
            )


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _short(sha256: Any) -> str:
    return f"{str(sha256)[:_SHORT]}..." if sha256 else "none"
