"""Supervise an experiment in a child process, so that one run's death does not end the grid.

The parent imports no TensorFlow. Design: docs/decisions/0023-one-writer.md.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from radtl_tf.errors import RadtlError
from radtl_tf.logs import get_logger
from radtl_tf.records.folder import OutputFolder, RunFolder
from radtl_tf.records.prepared import find_prepared, unfinished
from radtl_tf.records.safety.failures import Failure, record_failures, words_for
from radtl_tf.records.safety.leftovers import scratch_folder, sweep
from radtl_tf.records.safety.lock import LockedError, lost, unit_lock_of, working
from radtl_tf.records.safety.parent import for_child

_log = get_logger(__name__)

GRACE = 7.0  # seconds for the child to end in order after a signal; less than the grace of the command line
DEATHS = 2  # of the child without a run in hand, before the call ends


class DeathError(RadtlError):
    """The child died outside of the training of runs, twice."""


@dataclass(frozen=True)
class Ended:
    """How a child ended: its return code, the runs in its hands, their work unit, and the exception it has told."""

    code: int
    runs: Sequence[str] = ()
    unit: str = ""
    crash: str = ""
    place: str = ""

    @property
    def is_death(self) -> bool:
        """Return whether the child crashed or was killed; wrong input does not count."""
        return self.code < 0 or bool(self.crash)

    @property
    def reason(self) -> str:
        """Return the reason of a death in words."""
        return self.crash or words_for(self.code)


@dataclass
class _Child:
    """The command that works on the output folder ``folder``, and its last process, if any."""

    command: Sequence[str]
    folder: Path
    unit: str | None
    call: str = field(default_factory=lambda: secrets.token_hex(8))
    process: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        """End the process at once."""
        if self.process:
            self.process.kill()


def supervise(command: Sequence[str], folder: Path, on_death: Callable[[], None], *, unit: str | None = None) -> int:
    """Run ``command`` on the output folder ``folder`` in a child process until it ends by itself; return its exit code.

    This process holds the lock of ``unit``, if it is given; otherwise the child takes the locks that it needs. A run
    that dies is recorded and tried once more by a new child; ``on_death`` is called after each death.

    Raises:
        LockedError: another process trains ``unit``.
        DeathError: the child died twice with no run in its hands.
        KeyboardInterrupt: a signal came; the child has ended.
    """
    child, taken_over = _Child(command, folder, unit), list[bool]()

    def on_loss() -> None:
        taken_over.append(True)
        child.kill()

    with working(folder, unit, on_loss) if unit else nullcontext(), scratch_folder() as scratch:
        deaths = 0
        while True:
            ended = _run(child, scratch)
            if unit and taken_over:
                raise lost(folder, unit_lock_of(folder, unit))
            if not ended.is_death:
                return ended.code
            on_death()
            sweep(folder)
            deaths += not _blame(child, ended)
            if deaths >= DEATHS:
                what = f"trains {unit}" if unit else "prepares and finishes the experiment"
                place = f" ({ended.place})" if ended.place else ""
                raise DeathError(
                    f"The process that {what} failed twice: {ended.reason}{place}. Finished runs are kept. Free some "
                    "memory, then run the same command again."
                )


def _blame(child: _Child, ended: Ended) -> bool:
    """Record the failure of the runs that were in hand and are not finished; return whether there are any.

    If a process of one work unit had none in hand, all that are missing in the unit have failed.
    """
    runs = OutputFolder(child.folder).runs
    blamed = [name for name in ended.runs if not RunFolder(runs / name).marker.exists()]
    if not blamed:
        _log.warning(f"The process of the experiment was ended: {ended.reason}. Starting it again")
        output = OutputFolder(child.folder)
        if child.unit and (prepared := find_prepared(output)):
            _recorded(child, child.unit, unfinished(output, prepared.unit(child.unit)), ended)
        return False
    found = _recorded(child, child.unit or ended.unit, blamed, ended)
    what = blamed[0] if len(blamed) == 1 else f"{len(blamed)} runs, {blamed[0]} and others,"
    again = sum(not one.is_final for one in found.values())
    _log.warning(f"{what} failed: {ended.reason}. {'Trying again after the others' if again else 'Left out'}")
    return True


def _recorded(child: _Child, unit: str, runs: Sequence[str], ended: Ended) -> Mapping[str, Failure]:
    """Record failures under the lock of their unit; if another process has taken it over, it tries the runs."""
    folder = child.folder
    try:
        with nullcontext() if child.unit else working(folder, unit):
            return record_failures(folder, unit, runs, ended.reason, ended.place, call=child.call)
    except LockedError:
        return {}


def _run(child: _Child, scratch: Path) -> Ended:
    """Run one process to its end."""
    reading, descriptor = os.pipe()
    lock = unit_lock_of(child.folder, child.unit) if child.unit else None
    environment = {**os.environ, "TMPDIR": str(scratch), **for_child(descriptor, lock, child.call)}
    with os.fdopen(reading, encoding="utf-8") as messages:
        try:
            with without_interrupts():
                process = subprocess.Popen(child.command, pass_fds=[descriptor], env=environment)
        finally:
            os.close(descriptor)
        child.process = process
        try:
            return _listen(process, messages)
        except KeyboardInterrupt:
            _stop(process)
            raise


def _listen(child: subprocess.Popen[bytes], messages: Iterator[str]) -> Ended:
    """Read what the child tells until it ends."""
    said: Mapping[str, Any] = {}
    for line in messages:
        with suppress(ValueError):  # cut by the death
            said = {**said, **json.loads(line)}
    known = {name: said[name] for name in ("runs", "unit", "crash", "place") if name in said}
    return Ended(child.wait(), **known)


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Start a child in this block that never gets SIGINT: a terminal sends it to both, and the parent passes it on."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Let the child finish its batch; a second signal, or the end of the grace, kills it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: child.kill())
    child.terminate()
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
