"""Steps of radtl and of a plain PyTorch loop in turn: the loop runs in a process of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self


class TorchLoop:
    """A plain PyTorch loop in a separate process, which takes one step per request.

    ``script`` is in the folder of this file and gets ``arguments``. The Python is what follows ``--torch``, or else the
    one of .bench-torch.
    """

    def __init__(self, script: str, *arguments: object) -> None:
        asked = sys.argv.index("--torch") + 1 if "--torch" in sys.argv else 0
        python = sys.argv[asked] if asked else str(Path(__file__).parents[1] / ".bench-torch" / "bin" / "python")
        self._command = [python, str(Path(__file__).with_name(script)), *map(str, arguments)]

    def __enter__(self) -> Self:
        self._running = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def step(self, kind: str) -> float:
        """Return the seconds of one step, measured in that process."""
        print(kind, file=self._running.stdin, flush=True)
        answer = self._running.stdout.readline() if self._running.stdout else ""
        if not answer:
            raise SystemExit("The PyTorch process has ended: see its message above.")
        return float(answer)

    def __exit__(self, *error: object) -> None:
        self._running.communicate()


def timed_call(work: Callable[[], object]) -> Callable[[], float]:
    """Return a function that runs ``work`` and returns its seconds."""

    def timed() -> float:
        start = time.monotonic()
        work()
        return time.monotonic() - start

    return timed


def medians(ways: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each method, measured in turn, after a first round that is not counted."""
    found = [{name: way() for name, way in ways.items()} for _ in range(rounds + 1)][1:]
    return {name: statistics.median(seconds[name] for seconds in found) for name in ways}
