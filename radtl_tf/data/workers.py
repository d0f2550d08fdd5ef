"""Read many images in processes of their own: a file that crashes, hangs or swells costs that file.

Decoders are written in C and meet files from anywhere. Some crash on damaged input, some never return, some panic in
ways that no ``except`` catches; limits on memory and time can be set on a process only (docs/decisions/0006).
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.reading import SIGNATURE_SIDE, Outcome, Reading
from radtl_tf.data.worker import LENGTHS
from radtl_tf.places import PACKAGE

SECONDS = 20.0  # for one file, by the clock: ordinary radiographs take a tenth of one
MEMORY = 1500 << 20  # bytes that decoding may add
_AHEAD = 2  # requests that wait at each worker, so that it never waits for us
_MAX_ANSWER = 1 << 31
_NAME = "radtl_tf.data.worker"

Want = Literal["reading", "png", "pixels"]


def read_all(
    paths: Iterable[Path],
    *,
    png: bool = False,
    num_workers: int | None = None,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Iterator[Outcome]:
    """Yield what became of each file, in order; with ``png`` its pixels come as a 16-bit PNG, too.

    ``paths`` is read only a little ahead. ``num_workers``: default, one per CPU. Closing the iterator ends the workers.
    """
    want: Want = "png" if png else "reading"
    for outcome, parts in _answers(paths, want, num_workers, seconds, memory):
        yield outcome if not parts else Outcome(**{**vars(outcome), "png": parts[0]})


def pixels_of_all(
    paths: Iterable[Path], *, num_workers: int | None = 1, seconds: float = SECONDS, memory: int = MEMORY
) -> Iterator[tuple[Outcome, NDArray[np.uint16] | None]]:
    """Yield what became of each file and its pixels, uint16 grey (H, W), where it was decoded."""
    for outcome, parts in _answers(paths, "pixels", num_workers, seconds, memory):
        reading = outcome.reading
        yield outcome, np.frombuffer(parts[0], "<u2").reshape(reading.height, reading.width) if reading else None


def _answers(
    paths: Iterable[Path], want: Want, num_workers: int | None, seconds: float, memory: int
) -> Iterator[tuple[Outcome, list[bytes]]]:
    """Deal the files out to the workers in turn, and take the answers in the same turn."""
    number = num_workers or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else num_workers or 2
    workers = [_Worker(seconds, memory) for _ in range(number)]
    pending: deque[_Worker] = deque()
    try:
        for turn, path in enumerate(paths):
            worker = workers[turn % number]
            worker.ask({"path": str(path.absolute()), "want": want})
            pending.append(worker)
            if len(pending) >= number * _AHEAD:
                yield pending.popleft().answer()
        while pending:
            yield pending.popleft().answer()
    finally:
        for worker in workers:
            worker.close()


class _Worker:
    """One decoding process, started at its first request, and again after each that it did not survive."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._seconds, self._memory = seconds, memory
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: deque[bytes] = deque()  # sent and not answered

    def ask(self, request: dict[str, str]) -> None:
        self._requests.append(json.dumps(request).encode() + b"\n")
        if self._process is None:
            self._start()
        else:
            self._write(self._requests[-1])

    def answer(self) -> tuple[Outcome, list[bytes]]:
        """Return the answer to the oldest request; if the process did not survive it, say how it ended."""
        try:
            found = self._read()
        except TimeoutError:
            self.close()
            reason = f"decoding the file took longer than {self._seconds:g} s: it is damaged or made to do harm."
            found = Outcome("refused", "timeout", reason), []
        except EOFError:
            found = self._ended(), []
        self._requests.popleft()
        if self._process is None and self._requests:
            self._start()
        return found

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._process is None:
            return
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()
        self._process = None

    def _start(self) -> None:
        search = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        alone = {"PYTHONPATH": os.pathsep.join(search), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", _NAME, str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **alone},
            bufsize=0,
        )
        for request in self._requests:
            self._write(request)

    def _write(self, request: bytes) -> None:
        try:
            self._process.stdin.write(request)  # type: ignore[union-attr]
        except BrokenPipeError:  # it has ended: the answer will say how
            pass

    def _read(self) -> tuple[Outcome, list[bytes]]:
        deadline = time.monotonic() + self._seconds
        text, rest = LENGTHS.unpack(self._exactly(LENGTHS.size, deadline))
        if text + rest > _MAX_ANSWER:
            raise EOFError
        record = json.loads(self._exactly(text, deadline))
        return _outcome(record, self._exactly(rest, deadline))

    def _exactly(self, size: int, deadline: float) -> bytes:
        """Return the next ``size`` bytes of the process."""
        pipe: Any = self._process.stdout  # type: ignore[union-attr]
        data = bytearray(size)
        view, filled = memoryview(data), 0
        while filled < size:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            got = pipe.readinto(view[filled:])
            if not got:
                raise EOFError
            filled += got
        return bytes(data)

    def _ended(self) -> Outcome:
        code = self._process.wait()  # type: ignore[union-attr]
        self.close()
        how = signal.strsignal(-code) if code < 0 else f"exit code {code}"
        return Outcome("refused", "crashed", f"the file stopped the process that decoded it ({how}): it is damaged.")


def _outcome(record: dict[str, Any], data: bytes) -> tuple[Outcome, list[bytes]]:
    if record["status"] != "decoded":
        return Outcome(record["status"], record["code"], record["reason"]), []
    sizes, parts = record["parts"], []
    for size in sizes:
        parts.append(data[:size])
        data = data[size:]
    signature = np.frombuffer(parts[0], np.uint8).reshape(SIGNATURE_SIDE, SIGNATURE_SIDE)
    known = {**record["reading"], "notes": tuple(record["reading"]["notes"])}
    return Outcome("decoded", reading=Reading(**known, signature=signature)), parts[1:]
