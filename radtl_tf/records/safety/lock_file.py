"""A lock file that names its holder, which other hosts judge by its heartbeat.

Design: docs/decisions/0023-one-writer.md. The lock is a file that is created exclusively, so it works where a file
system refuses ``flock``.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from filelock import SoftFileLease, Timeout

from radtl_tf.logs import get_logger
from radtl_tf.records.disk import temporary_name, unwritable, write_json
from radtl_tf.records.safety.processes import is_alive, this_place

_log = get_logger(__name__)

LEASE = 120.0  # seconds without a heartbeat after which a lock may be taken over
HEARTBEAT = 20.0  # seconds between two heartbeats
POLL = 0.5  # seconds between two looks at another process's lock
State = Literal["taken", "alive", "unsure"]  # after a try: by this process, by one that lives, or by an unknown one


@dataclass(frozen=True)
class Holder:
    """The process that holds a lock; ``since`` in ISO 8601 (UTC), ``place`` is the host with its namespace."""

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


def recorded(path: Path) -> Holder | None:
    """Return the holder that a lock file names, alive or not; ``None`` without a lock."""
    owner = _lease(path).owner
    if owner is None:
        return None
    with suppress(OSError, ValueError, TypeError):
        found = Holder(**json.loads(_sidecar(path).read_text(encoding="utf-8")))
        if found.token == owner.token:
            return found
    return Holder(owner.hostname, owner.pid, "an unknown time", "", owner.token or "")


def living(path: Path) -> Holder | None:
    """Return the holder of a lock file, or ``None``; a lock that its holder's death left does not count."""
    found = recorded(path)
    return None if found is None or found.is_dead else found


def clear_dead(folder: Path, pattern: str = "*.lock") -> None:
    """Remove the lock files in ``folder`` whose holders are known to have ended, as far as this user may."""
    for path in folder.glob(pattern):
        holder = recorded(path)
        if holder and holder.is_dead:
            _break(path, holder.token)
            _clear_sidecar(path)


class Attempt:
    """Tries to take one lock file. It remembers the heartbeat of the holder, so that a dead one is noticed."""

    def __init__(self, path: Path, on_loss: Callable[[], None] | None = None) -> None:
        """Nothing is tried here; ``on_loss`` is called in another thread if another process takes the lock over."""
        self.path, self.lease = path, _lease(path, on_loss)
        self._before: Holder | None = None
        self._beat, self._start = _beat(path), time.monotonic()

    def once(self) -> State:
        """Try once, without waiting; the holder lives if the heartbeat moves, or on this host if the process runs.

        Raises:
            OutputError: the lock file cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self._once()
        except OSError as error:
            raise unwritable(self.path, error) from error

    def _once(self) -> State:
        self._before = recorded(self.path)
        if _try(self.lease):
            return "taken"
        holder, now = recorded(self.path), time.monotonic()
        if holder and holder.is_dead:
            _break(self.path, holder.token)  # ``filelock`` does it, too, where the file system can exchange two files
            return "taken" if _try(self.lease) else "unsure"
        if _beat(self.path) != self._beat or (holder and holder.place == this_place()):
            self._beat, self._start = _beat(self.path), now
            return "alive"
        if now - self._start > LEASE + HEARTBEAT:
            _break(self.path, holder.token if holder else None)
        return "unsure"

    @contextmanager
    def held(self) -> Iterator[SoftFileLease]:
        """Release a taken lock at the end of the block; a file next to it says for people who holds it."""
        sidecar = _sidecar(self.path)
        try:
            if self._before is not None and self._before.is_dead:
                _log.info(f"{self.path.parent}: taking over from {self._before}, which has ended")
            now = datetime.now(UTC).isoformat(timespec="seconds")
            holder = Holder(platform.node(), os.getpid(), now, this_place(), self.lease.token or "")
            write_json(sidecar, asdict(holder))
            yield self.lease
        finally:
            with suppress(OSError):
                if self.lease.compromise is None:
                    sidecar.unlink()
            with suppress(OSError):
                self.lease.release()
            self._before = None


@contextmanager
def taken(
    path: Path, busy: Callable[[Holder | None], None], on_loss: Callable[[], None] | None = None
) -> Iterator[SoftFileLease]:
    """Hold a lock file in the block; ``busy`` is called again and again while another process that lives holds it.

    Raises:
        OutputError: the lock file cannot be written.
    """
    attempt, said = Attempt(path, on_loss), False
    while (state := attempt.once()) != "taken":
        if state == "alive":
            busy(recorded(path))
        elif not said:
            _log.info(f"{path.parent} is locked by {recorded(path) or 'another process'}: waiting for a sign of life")
            said = True
        time.sleep(POLL)
    with attempt.held() as lease:
        yield lease


def _lease(path: Path, on_loss: Callable[[], None] | None = None) -> SoftFileLease:
    return SoftFileLease(
        path,
        lease_duration=LEASE,
        heartbeat_interval=HEARTBEAT,
        on_compromise=(lambda _: on_loss()) if on_loss else None,
        thread_local=False,
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
        found = _lease(aside).owner
        if found is not None and found.token != token:
            os.link(aside, path)
    with suppress(OSError):
        aside.unlink()


def _clear_sidecar(path: Path) -> None:
    """Remove the file next to a lock that is gone; hold the lock meanwhile, so that no new holder loses its own."""
    lease = _lease(path)
    with suppress(OSError):
        if _try(lease):
            _sidecar(path).unlink(missing_ok=True)
            lease.release()


def _beat(path: Path) -> tuple[int, int] | None:
    """Return what changes with every heartbeat of the holder, and with another holder."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")
