"""The speed of ``radtl predict``, compared with its network alone, and the time to the first score.

    python benchmarks/predict.py MODEL IMAGES [--quick]

MODEL is an exported model, IMAGES a folder of at least 100 radiographs. The network alone gets the same images, already
decoded and resized, in batches of the same size: it is the ceiling. Both take turns in this process. On a busy machine
only the CPU time per image is reliable; it includes the processes that decode. ``--quick`` takes 100 images.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _shared import RADTL, machine, publish

from radtl_tf.data.manifest.folders import image_files
from radtl_tf.deploy import predict as module
from radtl_tf.deploy.engines.engine import Engine, open_model

ROUNDS, QUICK = 3, 100


@dataclass
class Spent:
    """Seconds and CPU seconds for a number of images."""

    images: int = 0
    seconds: float = 0.0
    computing: float = 0.0

    def add(self, images: int, work: Callable[[], None]) -> None:
        """Do the work and add what it took."""
        start, computed = time.monotonic(), _computed()
        work()
        self.images += images
        self.seconds += time.monotonic() - start
        self.computing += _computed() - computed

    @property
    def row(self) -> str:
        """Images per second, and CPU milliseconds per image."""
        return f"{self.images / self.seconds:10.1f}{1000 * self.computing / self.images:16.1f}"


def main() -> None:
    """Measure and print."""
    words = [word for word in sys.argv[1:] if word != "--quick"]
    is_quick = "--quick" in sys.argv
    model, files = Path(words[0]), image_files([Path(words[1])])
    files = files[:QUICK] if is_quick else files
    first = _first_score(model, files[0])
    engine = open_model(model)
    images = [image.grey for image in module._images(engine, files) if image.grey is not None]
    _network(engine, images[:32])
    alone, whole = Spent(), Spent()
    for _ in range(1 if is_quick else ROUNDS):
        alone.add(len(images), lambda: _network(engine, images))
        whole.add(len(files), lambda: [None for _ in module.predict(engine, files)])
    lines = [
        f"{len(files)} images, {engine.card['setting']}, {len(engine.card['members'])} networks, {machine()}",
        f"{'':28}{'images/s':>10}{'CPU ms/image':>16}",
        f"{'network alone':28}{alone.row}",
        f"{'predict':28}{whole.row}",
        f"{'share of the ceiling':28}{_share(alone.seconds, whole.seconds, alone, whole):10.2f}"
        f"{_share(alone.computing, whole.computing, alone, whole):16.2f}",
        f"first score after {first[0]:.1f} s ({first[1]:.1f} s of CPU time), whole command with one image",
    ]
    text = "\n".join(lines)
    print(text) if is_quick else publish("predict", text)


def _network(engine: Engine, images: list[np.ndarray]) -> None:
    for at in range(0, len(images), module.BATCH):
        engine.scores(np.stack(images[at : at + module.BATCH]))


def _first_score(model: Path, file: Path) -> tuple[float, float]:
    """Return the seconds until the command has printed the first row, and its CPU seconds."""
    computed, start = _computed(), time.monotonic()
    with subprocess.Popen((*RADTL, "predict", str(model), str(file)), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout  # noqa: S101
        list(itertools.islice(running.stdout, 2))
        seconds = time.monotonic() - start
    return seconds, _computed() - computed


def _share(alone: float, whole: float, ceiling: Spent, measured: Spent) -> float:
    return (alone / ceiling.images) / (whole / measured.images)


def _computed() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    main()
