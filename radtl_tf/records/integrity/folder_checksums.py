"""The checksums of the small files of an output folder, kept in its ``checksums.json``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from radtl_tf.errors import OutputError
from radtl_tf.logs import get_logger
from radtl_tf.records.checksums import checksum_of
from radtl_tf.records.disk import write_json
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.sealed_json import intact_object, sealed

_log = get_logger(__name__)

_DATA = "data/"
State = Literal["intact", "damaged", "unknown"]


def remember(folder: OutputFolder, path: Path) -> None:
    """Record the checksum of a file below ``folder`` that was just written; forget it if the file does not exist.

    Raises:
        OutputError: the folder cannot be written.
    """
    found = _known(folder)
    if found is None:
        _log.warning(f"{folder.checksums.name} is damaged or was changed: it is written again")
    known = found or {}
    changed = {name: sum_ for name, sum_ in known.items() if name != _name(folder, path)}
    if path.exists():
        changed[_name(folder, path)] = checksum_of(path)
    if changed != known or found is None or not folder.checksums.exists():
        write_json(folder.checksums, sealed({"files": changed}))


def state_of(folder: OutputFolder, path: Path) -> State:
    """Compare a file below ``folder`` with its checksum; ``unknown`` if it is missing or has no checksum."""
    recorded = (_known(folder) or {}).get(_name(folder, path))
    if recorded is None or not path.exists():
        return "unknown"
    return "intact" if checksum_of(path) == recorded else "damaged"


def write_unless_intact(folder: OutputFolder, path: Path, write: Callable[[], None]) -> None:
    """Call ``write``, which writes ``path``, unless the file exists and has its checksum; record the new checksum.

    Raises:
        OutputError: the folder cannot be written.
    """
    found = state_of(folder, path)
    if found == "intact":
        return
    if found == "damaged":
        _log.warning(f"{path.name} is damaged or was changed: it is written again")
        path.unlink()
    write()
    remember(folder, path)


def refuse_damaged_files(folder: OutputFolder) -> None:
    """Refuse a folder in which a small file differs from its checksum; files in ``data`` serve training only.

    Raises:
        OutputError: naming the file and the cure.
    """
    known = _known(folder)
    names = [folder.checksums.name] if known is None else [name for name in known if not name.startswith(_DATA)]
    for name in names:
        if known is None or state_of(folder, folder.root / name) == "damaged":
            raise OutputError(
                f"{folder.root / name} is damaged or was changed. Run the experiment again: it writes the file again "
                "and keeps the finished runs."
            )


def _known(folder: OutputFolder) -> dict[str, str] | None:
    """Return the checksums by file; none for a folder of an earlier version, ``None`` if ``checksums.json`` is bad."""
    if not folder.checksums.exists():
        return {}
    found = intact_object(folder.checksums)
    return None if found is None or not isinstance(found.get("files"), dict) else found["files"]


def _name(folder: OutputFolder, path: Path) -> str:
    return path.relative_to(folder.root).as_posix()
