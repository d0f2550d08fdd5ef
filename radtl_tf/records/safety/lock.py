"""Who writes an output folder, and who trains a work unit: one process each.

Design: docs/decisions/0023-one-writer.md and 0024-work-units.md.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import SoftFileLease

from radtl_tf.errors import OutputError
from radtl_tf.logs import get_logger
from radtl_tf.records.safety.leftovers import sweep
from radtl_tf.records.safety.lock_file import Attempt, Holder, clear_dead, living, recorded, taken
from radtl_tf.records.safety.parent import at_unit, is_held_by_parent

_log = get_logger(__name__)

_LOCK = ".lock"
_UNIT = re.compile(r"\.(?P<name>.+)\.lock")


class LockedError(OutputError):
    """Another process writes the folder, or trains the work unit."""


def lock_of(folder: Path) -> Path:
    """Return the lock file of an output folder."""
    return folder / _LOCK


def unit_lock_of(folder: Path, unit: str) -> Path:
    """Return the lock file of a work unit."""
    return folder / "runs" / f".{unit}.lock"


def holder_of(folder: Path) -> Holder | None:
    """Return who writes ``folder``, or ``None`` if nobody does; a lock that its holder's death left does not count."""
    return living(lock_of(folder))


def workers_of(folder: Path) -> dict[str, Holder]:
    """Return who trains a work unit of ``folder`` now, by the unit's name."""
    locks = sorted((folder / "runs").glob(".*.lock"))
    named = {found["name"]: living(lock) for lock in locks if (found := _UNIT.fullmatch(lock.name))}
    return {unit: holder for unit, holder in named.items() if holder}


@contextmanager
def writing(folder: Path, on_loss: Callable[[], None] | None = None, *, wait: bool = False) -> Iterator[None]:
    """Be the only writer of ``folder`` in the block; what dead writers left in it is removed first.

    Nested blocks of one thread count as one, and a child process uses the lock of its parent. ``on_loss`` is called
    in another thread if another process takes the lock over. ``wait`` waits for another writer instead of raising. A
    new folder that stays empty is removed at the end.

    Raises:
        LockedError: another process writes the folder; the message says who, since when, and what to do.
        OutputError: the folder cannot be written.
    """
    path = lock_of(folder)
    if _is_held(path) or is_held_by_parent(path):
        yield
        return
    is_new = not folder.exists()
    busy = _once(f"{folder} is in use by {{}}: waiting for it") if wait else _refusing(folder)
    try:
        with taken(path, busy, on_loss) as lease, _remembered(path, lease):
            sweep(folder)
            clear_dead(folder / "runs", ".*.lock")
            yield
    finally:
        if is_new:
            with suppress(OSError):  # something was written
                folder.rmdir()


@contextmanager
def working(folder: Path, unit: str, on_loss: Callable[[], None] | None = None) -> Iterator[None]:
    """Be the only process that trains a work unit of ``folder`` in the block; ``on_loss`` as in ``writing``.

    A child process uses the lock of its parent.

    Raises:
        LockedError: another process trains the unit.
        OutputError: the folder cannot be written.
    """
    path = unit_lock_of(folder, unit)
    if is_held_by_parent(path):
        yield
        return

    def refuse(holder: Holder | None) -> None:
        raise LockedError(f"The work unit {unit} is in the hands of {holder or 'another process'}.")

    with taken(path, refuse, on_loss) as lease, _remembered(path, lease):
        yield


@contextmanager
def working_if_free(attempt: Attempt, unit: str) -> Iterator[bool]:
    """Try once to be the only process that trains ``unit``, and yield whether it is; ``attempt`` is at its lock file.

    The parent is told the unit. The same attempt may be used again.

    Raises:
        OutputError: the folder cannot be written.
    """
    if attempt.once() != "taken":
        yield False
        return
    with attempt.held() as lease, _remembered(attempt.path, lease):
        at_unit(unit)
        yield True


def check_held(folder: Path) -> None:
    """Refuse to go on if another process has taken over a lock of this process in ``folder``.

    Raises:
        LockedError: it has.
    """
    root = folder.resolve()
    for path, (_, lease) in list(_held.items()):
        if lease.compromise is not None and path.is_relative_to(root):
            raise lost(folder, path)


def lost(folder: Path, path: Path | None = None) -> LockedError:
    """Return the error of a process that has lost the lock ``path``, by default the lock of the folder, to another."""
    return LockedError(
        f"{folder}: the lock was lost to {recorded(path or lock_of(folder)) or 'another process'}, because this "
        "process gave no sign of life for a while. Finished runs are kept. Run the same command again when the other "
        "has ended."
    )


@contextmanager
def waiting(path: Path, message: str) -> Iterator[None]:
    """Hold the lock file ``path`` in the block; while another process holds it, log ``message`` once and wait.

    Raises:
        OutputError: the file cannot be written.
    """
    with taken(path, _once(message)):
        yield


_held: dict[Path, tuple[tuple[int, int], SoftFileLease]] = {}  # by lock file: process and thread, and the lock


@contextmanager
def _remembered(path: Path, lease: SoftFileLease) -> Iterator[None]:
    place = path.resolve()
    _held[place] = (_this_thread(), lease)
    try:
        yield
    finally:
        del _held[place]


def _this_thread() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()


def _is_held(path: Path) -> bool:
    known = _held.get(path.resolve())
    return known is not None and known[0] == _this_thread()


def _once(message: str) -> Callable[[Holder | None], None]:
    """Return a function that logs ``message`` with the holder in place of ``{}``, the first time that it is called."""
    said: list[str] = []

    def wait(holder: Holder | None) -> None:
        if not said:
            said.append(message.replace("{}", str(holder or "another process")))
            _log.info(said[0])

    return wait


def _refusing(folder: Path) -> Callable[[Holder | None], None]:
    def refuse(holder: Holder | None) -> None:
        raise LockedError(
            f"{folder} is in use: {holder or 'another process'} writes it. Wait until it has ended (`radtl status` "
            "shows how far it is), end that process, or choose another output folder."
        )

    return refuse
