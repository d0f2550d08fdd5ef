"""Remove what killed processes have left: temporary files and folders, whose names hold host and process."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from radtl_tf.records.disk import TEMPORARY, unwritable
from radtl_tf.records.safety.processes import is_alive, this_place

STALE = 3600.0  # seconds without a touch after which a temporary entry of another host is left over
_SCRATCH = re.compile(r"radtl-(?P<place>[A-Za-z0-9-]*)\.(?P<process>\d+)\.\w+")


def is_left_over(entry: Path, now: float) -> bool:
    """Return whether nobody writes a temporary ``entry`` any more; ``now`` is the time of its file system.

    An entry of this host is left over if its process is dead; of another host, if nothing has touched it for an hour.
    """
    named = TEMPORARY.fullmatch(entry.name) or _SCRATCH.fullmatch(entry.name)
    try:
        touched = entry.lstat().st_mtime
    except OSError:
        return False
    if named and named["place"] == this_place():
        return not is_alive(int(named["process"]), touched)
    return now - touched > STALE


def sweep(folder: Path, pattern: str = "**/.*.part") -> None:
    """Remove the temporary entries below ``folder`` that are left over."""
    entries = list(folder.glob(pattern))
    now = _time_of(folder) if entries else 0.0
    for entry in entries:
        if is_left_over(entry, now):
            remove(entry)


def remove(entry: Path) -> None:
    """Remove a file or a folder, as far as this user may."""
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        with suppress(OSError):
            entry.unlink()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an own folder for temporary files, which is removed at the end; remove those of dead processes, too.

    Raises:
        OutputError: it cannot be created.
    """
    try:
        parent = Path(tempfile.gettempdir())
        sweep(parent, f"radtl-{this_place()}.*")
        folder = Path(tempfile.mkdtemp(prefix=f"radtl-{this_place()}.{os.getpid()}."))
    except OSError as error:
        place = Path(os.environ.get("TMPDIR") or "/tmp")
        raise unwritable(place, error, "Make room there, or set TMPDIR to another folder.") from error
    try:
        yield folder
    finally:
        remove(folder)


def _time_of(folder: Path) -> float:
    """Return the present time of a file system, which may be another host's; this host's, if it is read-only."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return time.time()
