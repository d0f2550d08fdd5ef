"""The whole command of the frozen grid, and of a second experiment on the same images, divided into their parts.

    python benchmarks/overhead.py [--quick] [--publish]

400 PNG files of 512 px, ResNet50 at 224 px, 2 weights x 2 learning rates x 5 folds x 30 epochs. The second experiment
has another seed and another output folder; its features are in the cache. The parts are timed in the process that works
(``_whole_command.py``). Then the second experiment, as a user runs it, and the imports of TensorFlow, Keras and TFDS
take turns, three times; the table has medians. ``--publish`` writes the table, and its numbers into ``history.csv``.
It takes 2 minutes on 2 cores; --quick (60 images of 96 px) tries the script.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from _history import record
from _shared import RADTL, as_toml, cpu, experiment, machine, other_work, publish, write_radiographs

RATES = (1e-2, 1e-3)
_MODULES = "import tensorflow, keras, tensorflow_datasets"
IMPORTS = (sys.executable, "-c", _MODULES)
UNCOLLECTED = (sys.executable, "-c", f"import gc; gc.disable(); {_MODULES}; gc.enable(); gc.freeze()")
ROUNDS = 3


def main() -> None:
    """Measure, and print or publish the table."""
    number, size, epochs, rounds = (60, 96, 3, 1) if "--quick" in sys.argv else (400, 224, 30, ROUNDS)
    with tempfile.TemporaryDirectory() as name:
        grid = _Grid(Path(name), number, size, epochs)
        parts = [grid.parts(seed) for seed in (0, 1)]
        second, imports, uncollected = grid.turns(rounds)
    text = "\n".join(
        [
            f"{number} images, ResNet50, {size} px, 20 runs x {epochs} epochs; {machine()}",
            *_table(*parts),
            f"second experiment, whole command {second:.1f} s; imports of TensorFlow, Keras, TFDS {imports:.1f} s",
            f"the same imports as radtl does them, without collection of garbage {uncollected:.1f} s",
            f"second experiment / imports: {second / imports:.2f}",
        ]
    )
    if "--publish" not in sys.argv:
        print(f"{text}\n{other_work()}")
        return
    publish("overhead", text)
    numbers = {"heads_seconds": parts[1]["heads"], "similarities_seconds": parts[1]["similarities"]}
    print(*record(cpu(), second_imports_ratio=second / imports, **numbers), sep="\n")


class _Grid:
    """The frozen grid on one set of images, with one cache of features."""

    def __init__(self, folder: Path, number: int, size: int, epochs: int) -> None:
        self._folder, self._cache = folder, folder / "cache"
        manifest = write_radiographs(folder, number)
        self._content = experiment(manifest, {"frozen": RATES}, image_size=size, epochs=epochs)

    def parts(self, seed: int) -> dict[str, float]:
        """Return the seconds of the parts of the experiment of a seed, ``rest`` and ``whole``."""
        script = Path(__file__).with_name("_whole_command.py")
        said, _ = self._run((sys.executable, str(script), str(self._file(seed)), str(self._folder / f"parts-{seed}")))
        return dict(json.loads(said.strip().splitlines()[-1]))

    def turns(self, rounds: int) -> tuple[float, float, float]:
        """Return the median seconds of second experiments, and of the imports with and without garbage collection."""
        found = [
            [self._run(each)[1] for each in (self._second(at), IMPORTS, UNCOLLECTED)] for at in range(2, 2 + rounds)
        ]
        second, imports, uncollected = (statistics.median(seconds) for seconds in zip(*found, strict=True))
        return second, imports, uncollected

    def _second(self, seed: int) -> tuple[str, ...]:
        return *RADTL, "run", str(self._file(seed)), "--out", str(self._folder / f"second-{seed}")

    def _file(self, seed: int) -> Path:
        file = self._folder / f"{seed}.toml"
        file.write_text(as_toml({**self._content, "seed": seed}), encoding="utf-8")
        return file

    def _run(self, command: Sequence[str]) -> tuple[str, float]:
        """Run a command with the cache of features; return its output and its seconds."""
        environment, start = {**os.environ, "RADTL_CACHE": str(self._cache)}, time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        return done.stdout, time.monotonic() - start


def _table(first: dict[str, float], second: dict[str, float]) -> list[str]:
    """Return a row per part, those that take longest in the second experiment first."""
    last = ("rest", "whole")
    names = sorted(set(first) - set(last), key=lambda name: (-second.get(name, 0), -first[name]))
    rows = [f"{name:<30}{first[name]:>10.2f}{second.get(name, 0):>10.2f}" for name in (*names, *last)]
    return [f"{'seconds':<30}{'first':>10}{'second':>10}", *rows]


if __name__ == "__main__":
    main()
