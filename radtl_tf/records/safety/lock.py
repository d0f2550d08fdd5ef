"""One writer per output folder: a lock that names its holder, which other hosts judge by its heartbeat.

Design: docs/decisions/0023-one-writer.md. The lock is a file that is created exclusively, so it works where a file
system refuses ``flock``.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import SoftFileLease, Timeout

from radtl_tf.errors import OutputError
from radtl_tf.logs import get_logger
from radtl_tf.records.disk import temporary_name, unwritable, write_json
from radtl_tf.records.safety.leftovers import sweep
from radtl_tf.records.safety.parent import is_written_for_parent
from radtl_tf.records.safety.processes import is_alive, this_place

_log = get_logger(__name__)

LEASE = 120.0  # seconds without a heartbeat after which a lock may be taken over
HEARTBEAT = 20.0  # seconds between two heartbeats
_POLL = 0.5  # seconds between two looks at another process's lock
_LOCK = ".lock"


@dataclass(frozen=True)
class Holder:
    """The process that writes a folder; ``since`` in ISO 8601 (UTC), ``place`` is the host with its namespace."""

    host: str
    process: int
    since: str
    place: str
    token: str

    def __str__(self) -> str:
        return f"process {self.process} on {self.host} since {self.since.replace('T', ' ').replace('+00:00', ' UTC')}"

    @property
    def is_dead(self) -> bool:
        """Return whether the process is known to have ended; on another host nothing is known."""
        return self.place == this_place() and not is_alive(self.process, datetime.fromisoformat(self.since).timestamp())


class LockedError(OutputError):
    """Another process writes the folder."""


def lock_of(folder: Path) -> Path:
    """Return the lock file of an output folder."""
    return folder / _LOCK


def holder_of(folder: Path) -> Holder | None:
    """Return who writes ``folder``, or ``None`` if nobody does; a lock that its holder's death left does not count."""
    found = _recorded(lock_of(folder))
    return None if found is None or found.is_dead else found


@contextmanager
def writing(folder: Path, on_loss: Callable[[], None] | None = None) -> Iterator[None]:
    """Be the only writer of ``folder`` in the block; what dead writers left in it is removed first.

    Nested blocks of one thread count as one, and a child process uses the lock of its parent. ``on_loss`` is called
    in another thread if another process takes the lock over. A new folder that stays empty is removed at the end.

    Raises:
        LockedError: another process writes the folder; the message says who, since when, and what to do.
        OutputError: the folder cannot be written.
    """
    if _is_held(folder) or is_written_for_parent(folder):
        yield
        return
    is_new = not folder.exists()
    try:
        with _taken(lock_of(folder), lambda holder: _refuse(folder, holder), on_loss) as lease:
            _held[folder.resolve()] = (_this_thread(), lease)
            try:
                sweep(folder)
                yield
            finally:
                del _held[folder.resolve()]
    finally:
        if is_new:
            with suppress(OSError):  # something was written
                folder.rmdir()


def check_held(folder: Path) -> None:
    """Refuse to go on if another process has taken over the lock of ``folder`` from this one.

    Raises:
        LockedError: it has.
    """
    known = _held.get(folder.resolve())
    if known is not None and known[1].compromise is not None:
        raise lost(folder)


def lost(folder: Path) -> LockedError:
    """Return the error of a writer whose lock another process has taken over."""
    return LockedError(
        f"{folder}: the lock was lost to {_recorded(lock_of(folder)) or 'another process'}, because this process gave "
        "no sign of life for a while. Finished runs are kept. Run the same command again when the other has ended."
    )


@contextmanager
def waiting(path: Path, message: str) -> Iterator[None]:
    """Hold the lock file ``path`` in the block; while another process holds it, log ``message`` once and wait.

    Raises:
        OutputError: the file cannot be written.
    """
    said: list[str] = []

    def wait(_: Holder | None) -> None:
        if not said:
            said.append(message)
            _log.info(message)

    with _taken(path, wait):
        yield


_held: dict[Path, tuple[tuple[int, int], SoftFileLease]] = {}  # by folder: process and thread, and the lock


def _this_thread() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()


def _is_held(folder: Path) -> bool:
    known = _held.get(folder.resolve())
    return known is not None and known[0] == _this_thread()


def _lease(path: Path, on_loss: Callable[[], None] | None = None) -> SoftFileLease:
    return SoftFileLease(
        path,
        lease_duration=LEASE,
        heartbeat_interval=HEARTBEAT,
        on_compromise=(lambda _: on_loss()) if on_loss else None,
        thread_local=False,
    )


@contextmanager
def _taken(
    path: Path, busy: Callable[[Holder | None], None], on_loss: Callable[[], None] | None = None
) -> Iterator[SoftFileLease]:
    """Hold a lock file and the file that says for people who holds it; ``busy`` is called while another one lives."""
    lease, sidecar = _lease(path, on_loss), _sidecar(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        before = _recorded(path)
        _acquire(lease, path, busy)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        if before is not None and before.is_dead:
            _log.info(f"{path.parent}: taking over from {before}, which has ended")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(sidecar, asdict(Holder(platform.node(), os.getpid(), now, this_place(), lease.token or "")))
        yield lease
    finally:
        with suppress(OSError):
            if lease.compromise is None:
                sidecar.unlink()
        with suppress(OSError):
            lease.release()


def _acquire(lease: SoftFileLease, path: Path, busy: Callable[[Holder | None], None]) -> None:
    """Take a lock; its holder lives if the heartbeat moves, or on this host if the process runs."""
    beat, start, said = _beat(path), time.monotonic(), False
    while not _try(lease):
        holder, now = _recorded(path), time.monotonic()
        if holder and holder.is_dead:
            _break(path, holder.token)  # ``filelock`` does it, too, where the file system can exchange two files
        elif _beat(path) != beat or (holder and holder.place == this_place()):
            busy(holder)
            beat, start = _beat(path), now
        elif now - start > LEASE + HEARTBEAT:
            _break(path, holder.token if holder else None)
        elif not said:
            _log.info(f"{path.parent} is locked by {holder or 'another process'}: waiting for a sign of life")
            said = True
        time.sleep(_POLL)


def _refuse(folder: Path, holder: Holder | None) -> None:
    raise LockedError(
        f"{folder} is in use: {holder or 'another process'} writes it. Wait until it has ended (`radtl status` shows "
        "how far it is), end that process, or choose another output folder."
    )


def _try(lease: SoftFileLease) -> bool:
    """Try once to take a lock."""
    try:
        lease.acquire(blocking=False)
    except Timeout:
        return False
    return True


def _break(path: Path, token: str | None) -> None:
    """Remove the lock file that names ``token``; put another one back, whose holder has not lost it."""
    aside = temporary_name(path)
    with suppress(OSError):
        os.rename(path, aside)
        taken = _lease(aside).owner
        if taken is not None and taken.token != token:
            os.link(aside, path)
    with suppress(OSError):
        aside.unlink()


def _beat(path: Path) -> tuple[int, int] | None:
    """Return what changes with every heartbeat of the holder, and with another holder."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _recorded(path: Path) -> Holder | None:
    """Return the holder that a lock file names, alive or not; ``None`` without a lock."""
    owner = _lease(path).owner
    if owner is None:
        return None
    with suppress(OSError, ValueError, TypeError):
        found = Holder(**json.loads(_sidecar(path).read_text(encoding="utf-8")))
        if found.token == owner.token:
            return found
    return Holder(owner.hostname, owner.pid, "an unknown time", "", owner.token or "")
