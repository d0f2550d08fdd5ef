"""Train several work units at the same time on this machine, in a process each, with one GPU each if there are any.

This module only starts commands, and imports no TensorFlow. Design: docs/decisions/0024-work-units.md.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from radtl_tf.experiment.supervised import without_interrupts
from radtl_tf.logs import get_logger
from radtl_tf.progress import Progress, Watch
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.prepared import WorkUnit, read_prepared, unfinished
from radtl_tf.records.safety.failures import record_failures, words_for
from radtl_tf.records.safety.lock import LockedError, unit_lock_of, working
from radtl_tf.records.safety.lock_file import LEASE, living
from radtl_tf.records.safety.parent import for_command
from radtl_tf.records.safety.processes import this_place

_log = get_logger(__name__)

_DRAIN = 2.0  # seconds to log the last lines of a process that has ended

Process = subprocess.Popen[str]
TRIES = 2  # of a unit whose process dies
GRACE = 8.5  # seconds for the processes to end in order; less than the grace of the command line
_POLL = 0.3  # seconds between two looks at the processes
_SIGNAL = 128  # exit codes above it say which signal ended a command
_THREADS = "TF_NUM_INTRAOP_THREADS"


def run_command(words: Sequence[str], number: int, environment: Mapping[str, str], *, quiet: bool = False) -> int:
    """Run a command that prepares or finishes for ``number`` workers; return its exit code.

    It sees what one worker has, its share of the cores and one GPU, and the ``environment`` of the call. ``quiet``
    drops what it prints.

    Raises:
        KeyboardInterrupt: a signal came; the command has ended.
    """
    own = {_THREADS: str(max(_cores() // number, 1)), **environment, **_device(0), **for_command()}
    with without_interrupts():
        process = subprocess.Popen(words, env=own, stdout=subprocess.DEVNULL if quiet else None, text=True)
    with _ending([process]):
        return process.wait()


@dataclass(frozen=True)
class _AtWork:
    """A unit, the process that trains it, and the thread that logs what it prints."""

    unit: WorkUnit
    process: Process
    reader: threading.Thread


class Workers:
    """Up to ``number`` processes, each with one work unit of a prepared experiment."""

    def __init__(
        self,
        folder: Path,
        number: int,
        words: Callable[[str], Sequence[str]],
        environment: Mapping[str, str],
        watch: Watch,
    ) -> None:
        """Nothing is started here; ``words`` returns the command that trains the unit of a name, in ``environment``.

        Raises:
            OutputError: nothing is prepared in ``folder``.
        """
        self._folder, self._number, self._watch = folder, number, watch
        self._words, self._environment = words, environment
        prepared = read_prepared(OutputFolder(folder))
        self._units, self._threads = prepared.longest_first, _threads_of_units(prepared.threads)
        self._at_work: dict[int, _AtWork] = {}  # by the number of the worker
        self._deaths: Counter[str] = Counter()
        self._given_up: set[str] = set()
        self._asked: dict[str, float] = {}  # when a unit that another host holds was looked at
        self._call = secrets.token_hex(8)

    def run(self) -> None:
        """Train every unit; those in other hands are waited for, and a unit whose process dies is tried once more.

        Raises:
            KeyboardInterrupt: a signal came; all processes have ended.
        """
        processes: list[Process] = []
        try:
            with _ending(processes):
                while left := self._left():
                    self._start_some(left, processes)
                    self._say(left)
                    time.sleep(_POLL)
                    for worker in [worker for worker, one in self._at_work.items() if one.process.poll() is not None]:
                        self._judge(self._at_work.pop(worker))
        finally:
            for one in self._at_work.values():
                one.reader.join(_DRAIN)

    def _left(self) -> list[WorkUnit]:
        """Return the units that are not finished and not given up, and those at work."""
        known = OutputFolder(self._folder)
        busy = {one.unit.name for one in self._at_work.values()}
        units = [unit for unit in self._units if unit.name not in self._given_up]
        return [unit for unit in units if unit.name in busy or unfinished(known, unit)]

    def _start_some(self, left: Iterable[WorkUnit], processes: list[Process]) -> None:
        """Give a free unit to every worker that has none."""
        busy = {one.unit.name for one in self._at_work.values()}
        free = (unit for unit in left if unit.name not in busy and self._is_free(unit))
        idle = [worker for worker in range(self._number) if worker not in self._at_work]
        for worker, unit in zip(idle, free, strict=False):
            with without_interrupts():
                environment = {**self._threads, **self._environment, **_device(worker), **for_command()}
                process = _start(self._words(unit.name), environment)
                processes.append(process)
            reader = threading.Thread(target=_forward, args=(process, unit.name), daemon=True)
            reader.start()
            self._at_work[worker] = _AtWork(unit, process, reader)

    def _is_free(self, unit: WorkUnit) -> bool:
        """Return whether to start a process; now and then, it judges itself whether a holder on another host lives."""
        holder = living(unit_lock_of(self._folder, unit.name))
        if holder is None:
            return True
        now = time.monotonic()
        if holder.place == this_place() or now - self._asked.setdefault(unit.name, now) < LEASE:
            return False
        self._asked[unit.name] = now
        return True

    def _judge(self, ended: _AtWork) -> None:
        """Decide what an exit code means for a unit: tried again, given up, or nothing if it is done or held."""
        ended.reader.join(_DRAIN)
        unit, code = ended.unit, ended.process.returncode
        number = -code if code < 0 else code - _SIGNAL
        if number > 0:
            self._deaths[unit.name] += 1
            again = self._deaths[unit.name] < TRIES
            reason = words_for(-number)
            _log.warning(f"The process of {unit.name} was {reason}. {'Trying again' if again else 'Left out'}")
            if not again:
                self._given_up.add(unit.name)
                record_death(self._folder, unit, reason, self._call)
        elif code in (1, 2):
            self._given_up.add(unit.name)

    def _say(self, left: Iterable[WorkUnit]) -> None:
        missing = {unit: len(unfinished(OutputFolder(self._folder), unit)) for unit in left}
        total = sum(len(unit.runs) for unit in self._units)
        seconds = [unit.seconds * number / len(unit.runs) for unit, number in missing.items() if unit.seconds]
        time_left = sum(seconds) / self._number if seconds else None
        self._watch(Progress("Runs", total - sum(missing.values()), total, time_left))


def record_death(folder: Path, unit: WorkUnit, reason: str, call: str) -> None:
    """Record that the unfinished runs of a unit failed in a call, unless another process has taken the unit over.

    Raises:
        OutputError: the folder cannot be written.
    """
    with suppress(LockedError), working(folder, unit.name):
        record_failures(folder, unit.name, unfinished(OutputFolder(folder), unit), reason, call=call)


def _start(words: Sequence[str], environment: Mapping[str, str]) -> Process:
    """Start a command; what it prints comes through a pipe."""
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _forward(process: Process, unit: str) -> None:
    """Log each line that a process prints, with the name of its unit."""
    with process.stdout or nullcontext(()) as lines:
        for line in lines:
            _log.info(f"{unit}: {line.rstrip()}")


def _threads_of_units(number: int) -> Mapping[str, str]:
    """Return the environment variables that keep a unit to its number of threads, so that units do not disturb others.

    TensorFlow would run several operations at once, and BLAS would use all cores.
    """
    between = {} if _gpus() else {"TF_NUM_INTEROP_THREADS": "1"}
    return {"OPENBLAS_NUM_THREADS": str(number), **between}


def _device(worker: int) -> Mapping[str, str]:
    """Return the environment variable that gives one GPU to a worker; nothing without GPUs."""
    gpus = _gpus()
    return {"CUDA_VISIBLE_DEVICES": gpus[worker % len(gpus)]} if gpus else {}


def _gpus(devices: Path = Path("/dev")) -> list[str]:
    """Return the names of the GPUs that this process may use, as CUDA_VISIBLE_DEVICES takes them."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name for name in chosen.split(",") if name not in ("", "-1")]
    numbers = (path.name.removeprefix("nvidia") for path in devices.glob("nvidia[0-9]*"))
    return sorted(filter(str.isdecimal, numbers), key=int)


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _ending(processes: list[Process]) -> Iterator[None]:
    """End all ``processes`` when the block does not end by itself: in order, or at once after a second signal."""
    try:
        yield
    except BaseException:
        running = [process for process in processes if process.poll() is None]

        def kill(*_: object) -> None:
            for process in running:
                process.kill()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, kill)
        for process in running:
            process.terminate()
        end = time.monotonic() + GRACE
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(end - time.monotonic(), 0))
        kill()
        for process in running:
            process.wait()
        raise
