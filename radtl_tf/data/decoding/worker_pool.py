"""Read many images in worker processes, so that a file that crashes, hangs or fills the memory costs only itself.

Decoders are written in C and open files from any source. On damaged input some crash, some never return, and some
panic in ways that ``except`` cannot catch. Memory and time can be limited only per process (docs/decisions/0006).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.grey import MAX_PIXELS, NO_MEMORY
from radtl_tf.data.decoding.reading import SIGNATURE_SIDE, GreyRange, Outcome, Reading
from radtl_tf.data.decoding.worker_process import LENGTHS, READY
from radtl_tf.errors import RadtlError
from radtl_tf.places import PACKAGE

SECONDS = 20.0  # of wall time for one file: ordinary radiographs take 0.1 s
MEMORY = 1500 << 20  # additional bytes for decoding
_AHEAD = 2  # requests queued at each worker, so that it never has to wait
_START_SECONDS = 120.0  # for a worker to start, which takes half a second on an idle machine
_END_SECONDS = 2.0  # between the last byte of a worker and its end
_MAX_ANSWER = 4 * MAX_PIXELS  # bytes; pixels have two each, and a PNG of noise hardly more
_NAME = "radtl_tf.data.decoding.worker_process"

Want = Literal["reading", "png", "pixels"]
Identify = Callable[[Path], tuple[Outcome, str | None]]
Answer = tuple[Outcome, list[memoryview]]


@dataclass
class HeaderPatients:
    """The patients in the headers of files: the key of their hashes, and the number of each hash, from 1.

    Numbers are in the order in which patients appear. The key is random, and only an unfinished build stores it.
    """

    key: str = field(default_factory=lambda: secrets.token_hex(32))
    numbers: dict[str, str] = field(default_factory=dict)


def read_all(
    paths: Iterable[Path],
    *,
    png: bool = False,
    depth: int | None = None,
    patients: HeaderPatients | None = None,
    num_workers: int | None = None,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Iterator[Outcome]:
    """Yield the Outcome of each file, in order; with ``png`` it includes the pixels as a 16-bit PNG.

    ``paths`` is read only a little ahead. ``num_workers``: default, one per CPU. Closing the iterator ends the workers.
    ``depth`` as for ``images.decode_bytes``. Patients of headers get numbers; ``patients`` are those of earlier calls,
    to which the new ones are added.

    Raises:
        RadtlError: the workers do not start; the files are not the cause.
    """
    want: Want = "png" if png else "reading"
    patients = patients or HeaderPatients()
    for outcome, parts in _answers(paths, want, num_workers, seconds, memory, depth, patients.key):
        known = _numbered(outcome, patients.numbers)
        yield replace(known, png=bytes(parts[0])) if parts else known


def pixels_of_all(
    paths: Iterable[Path],
    *,
    depth: int | None = None,
    num_workers: int | None = 1,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Iterator[tuple[Outcome, NDArray[np.uint16] | None]]:
    """Yield the Outcome of each file, as ``read_all``, and its pixels, uint16 grey (H, W), if it was decoded."""
    for outcome, parts in _answers(paths, "pixels", num_workers, seconds, memory, depth, HeaderPatients().key):
        reading = outcome.reading
        yield outcome, np.frombuffer(parts[0], "<u2").reshape(reading.height, reading.width) if reading else None


@contextlib.contextmanager
def identities(seconds: float = SECONDS, memory: int = MEMORY) -> Iterator[Identify]:
    """Yield a function that returns the identity of a DICOM image, as ``dicom.identity_of``, or why there is none.

    The block owns a worker process, which reads the headers.
    """
    worker = _Worker(seconds, memory)

    def identify(path: Path) -> tuple[Outcome, str | None]:
        worker.ask({"path": str(path.absolute()), "want": "identity"})
        outcome, parts = worker.answer()
        return outcome, bytes(parts[0]).decode() if parts else None

    try:
        yield identify
    finally:
        worker.close()


def _numbered(outcome: Outcome, patients: dict[str, str]) -> Outcome:
    """Return the outcome with a number instead of the hash of its header's patient; add new ones to ``patients``."""
    if outcome.reading is None or not outcome.reading.header_patient:
        return outcome
    number = patients.setdefault(outcome.reading.header_patient, str(len(patients) + 1))
    return replace(outcome, reading=replace(outcome.reading, header_patient=number))


def _answers(
    paths: Iterable[Path],
    want: Want,
    num_workers: int | None,
    seconds: float,
    memory: int,
    depth: int | None,
    key: str,
) -> Iterator[Answer]:
    """Give the files to the workers in turn, and collect the answers in the same order."""
    asked = {"want": want, "depth": depth, "key": key}
    number = num_workers or num_cpus()
    workers = [_Worker(seconds, memory) for _ in range(number)]
    pending: deque[_Worker] = deque()
    try:
        for turn, path in enumerate(paths):
            worker = workers[turn % number]
            worker.ask({"path": str(path.absolute()), **asked})
            pending.append(worker)
            if len(pending) >= number * _AHEAD:
                yield pending.popleft().answer()
        while pending:
            yield pending.popleft().answer()
    finally:
        for worker in workers:
            worker.close()


def num_cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Worker:
    """One worker process, started at its first request and restarted after each crash."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._seconds, self._memory = seconds, memory
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False
        self._requests: deque[bytes] = deque()  # sent and not answered

    def ask(self, request: dict[str, Any]) -> None:
        self._requests.append(json.dumps(request).encode() + b"\n")
        if self._process is None:
            self._start()
        else:
            self._write(self._requests[-1])

    def answer(self) -> Answer:
        """Return the answer to the oldest request; if the process has ended, the answer says how."""
        self._await_start()
        try:
            found = _answer(*self._frame(self._seconds))
        except TimeoutError:
            found = self._too_slow(), []
        except (EOFError, ValueError, KeyError, TypeError):  # the process has ended, or has sent garbage
            found = self._ended(), []
        self._requests.popleft()
        if self._process is None and self._requests:
            self._start()
        return found

    def close(self) -> None:
        """Kill the process, even if it is busy."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        process.wait()

    def _start(self) -> None:
        search = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        alone = {"PYTHONPATH": os.pathsep.join(search), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._is_ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _NAME, str(self._memory), str(self._seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # decoders print there
            env={**os.environ, **alone},
            bufsize=0,
        )
        for request in self._requests:
            self._write(request)

    def _write(self, request: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # it has ended: the answer will say how
            self._process.stdin.write(request)  # type: ignore[union-attr]

    def _await_start(self) -> None:
        """Wait for the first frame, which does not depend on any file."""
        try:
            self._is_ready = self._is_ready or self._frame(_START_SECONDS)[0]["status"] == READY
        except (TimeoutError, EOFError) as error:
            raise RadtlError(
                f"the process that decodes images does not start (exit code {self._code()}): run "
                f"`{sys.executable} -m {_NAME} {self._memory} {self._seconds:g}` to see why."
            ) from error

    def _frame(self, seconds: float) -> tuple[dict[str, Any], memoryview]:
        """Return the next record of the process and the bytes that follow it."""
        deadline = time.monotonic() + seconds
        text, rest = LENGTHS.unpack(self._exactly(LENGTHS.size, deadline))
        if text + rest > _MAX_ANSWER:
            raise ValueError
        record = json.loads(bytes(self._exactly(text, deadline)))
        return record, self._exactly(rest, deadline)

    def _exactly(self, size: int, deadline: float) -> memoryview:
        """Return the next ``size`` bytes of the process."""
        pipe: Any = self._process.stdout  # type: ignore[union-attr]
        poll = select.poll()  # select.select() fails for descriptors from 1024
        poll.register(pipe, select.POLLIN)
        view, filled = memoryview(bytearray(size)), 0
        while filled < size:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError
            got = pipe.readinto(view[filled:])
            if not got:
                raise EOFError
            filled += got
        return view

    def _too_slow(self) -> Outcome:
        self.close()
        reason = f"decoding the file took longer than {self._seconds:g} s: it is probably damaged; export it again."
        return Outcome("refused", "timeout", reason)

    def _ended(self) -> Outcome:
        """Return the Outcome of the file that the process was decoding when it ended."""
        code = self._code()
        if code == -signal.SIGXCPU:
            return self._too_slow()
        if code == -signal.SIGKILL:  # not from us: Linux kills processes when memory runs out
            return Outcome("refused", "memory", NO_MEMORY)
        how = signal.strsignal(-code) if code is not None and code < 0 else f"exit code {code}"
        return Outcome("refused", "crashed", f"the decoder crashed on the file ({how}): it is probably damaged.")

    def _code(self) -> int | None:
        """Wait for the process to end and return its exit code, or ``None`` if it does not end in time."""
        code = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(_END_SECONDS)  # type: ignore[union-attr]
        self.close()
        return code


def _answer(record: dict[str, Any], data: memoryview) -> Answer:
    if record["status"] == "identified":
        return Outcome("decoded"), [data]
    if record["status"] != "decoded":
        return Outcome(record["status"], record["code"], record["reason"]), []
    ends = np.cumsum(record["parts"]).tolist()
    parts = [data[end - size : end] for size, end in zip(record["parts"], ends, strict=True)]
    signature = np.frombuffer(parts[0], np.uint8).reshape(SIGNATURE_SIDE, SIGNATURE_SIDE)
    known = {**record["reading"], "notes": tuple(record["reading"]["notes"])}
    known["used"] = GreyRange(*known["used"])
    return Outcome("decoded", reading=Reading(**known, signature=signature)), parts[1:]
