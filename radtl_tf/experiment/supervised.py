"""Supervise an experiment in a child process, so that one run's death does not end the grid.

The parent imports no TensorFlow. Design: docs/decisions/0023-one-writer.md.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radtl_tf.errors import RadtlError
from radtl_tf.logs import get_logger
from radtl_tf.records.folder import OutputFolder, RunFolder
from radtl_tf.records.safety.failures import forget_failures, record_failures, words_for
from radtl_tf.records.safety.leftovers import scratch_folder, sweep
from radtl_tf.records.safety.lock import lost, writing
from radtl_tf.records.safety.parent import for_child

_log = get_logger(__name__)

GRACE = 7.0  # seconds for the child to end in order after a signal; less than the grace of the command line
DEATHS = 2  # of the child without a run in hand, before the call ends


class DeathError(RadtlError):
    """The child died outside of the training of runs, twice."""


@dataclass(frozen=True)
class Ended:
    """How a child ended: its return code, the names of the runs in its hands, and the exception it has told."""

    code: int
    runs: Sequence[str] = ()
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


def supervise(command: Sequence[str], folder: Path, on_death: Callable[[], None]) -> int:
    """Run ``command`` on the output folder ``folder`` in a child process until it ends by itself; return its exit code.

    A run that dies is recorded and tried once more by a new child; ``on_death`` is called after each death.

    Raises:
        LockedError: another process writes the folder.
        DeathError: the child died twice while it prepared or finished.
        KeyboardInterrupt: a signal came; the child has ended.
    """
    children: list[subprocess.Popen[bytes]] = []
    taken_over: list[bool] = []

    def on_loss() -> None:
        taken_over.append(True)
        for child in children:
            child.kill()

    with writing(folder, on_loss), scratch_folder() as scratch:
        forget_failures(folder)
        deaths = 0
        while True:
            ended = _run(command, folder, scratch, children)
            if taken_over:
                raise lost(folder)
            if not ended.is_death:
                return ended.code
            on_death()
            sweep(folder)
            deaths += not _blame(folder, ended)
            if deaths >= DEATHS:
                raise DeathError(
                    f"The process that prepares and finishes the experiment failed twice: {ended.reason}"
                    f"{ended.place and f' ({ended.place})'}. Finished runs are kept. Free some memory, then run the "
                    "same command again."
                )


def _blame(folder: Path, ended: Ended) -> bool:
    """Record the failure of the runs that were in hand and are not finished; return whether there are any."""
    runs = OutputFolder(folder).runs
    blamed = [name for name in ended.runs if not RunFolder(runs / name).marker.exists()]
    if not blamed:
        _log.warning(f"The process of the experiment was ended: {ended.reason}. Starting it again")
        return False
    found = record_failures(folder, blamed, ended.reason, ended.place)
    what = blamed[0] if len(blamed) == 1 else f"{len(blamed)} runs, {blamed[0]} and others,"
    again = sum(not one.is_final for one in found.values())
    _log.warning(f"{what} failed: {ended.reason}. {'Trying again after the others' if again else 'Left out'}")
    return True


def _run(command: Sequence[str], folder: Path, scratch: Path, children: list[subprocess.Popen[bytes]]) -> Ended:
    """Run one child to its end."""
    reading, descriptor = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as messages:
        try:
            with _without_interrupts():
                child = subprocess.Popen(command, pass_fds=[descriptor], env=_environment(folder, scratch, descriptor))
        finally:
            os.close(descriptor)
        children[:] = [child]
        try:
            return _listen(child, messages)
        except KeyboardInterrupt:
            _stop(child)
            raise


def _listen(child: subprocess.Popen[bytes], messages: Iterator[str]) -> Ended:
    """Read what the child tells until it ends."""
    said: Mapping[str, Any] = {}
    for line in messages:
        with suppress(ValueError):  # cut by the death
            said = {**said, **json.loads(line)}
    return Ended(child.wait(), said.get("runs", ()), said.get("crash", ""), said.get("place", ""))


def _environment(folder: Path, scratch: Path, descriptor: int) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(scratch), **for_child(descriptor, folder)}


@contextmanager
def _without_interrupts() -> Iterator[None]:
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
