"""The growth of the cost of the frozen grid with images, learning rates and folds.

    python benchmarks/scaling.py [--quick]

ResNet50 at 224 px, one source of weights, 30 epochs: images 100, 400 and 1600; learning rates 1, 2 and 8; folds 3, 5
and 10. It prints the seconds of features, heads and their sum, after a first experiment that is not counted.
Experiments on the same images share one pass over them: it is timed once, and a second pass is an error. It takes 3
minutes on 2 cores.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from math import log2
from pathlib import Path
from typing import Any
from unittest.mock import patch

from _shared import experiment, machine, plan_of, publish, write_radiographs

from radtl_tf.experiment.engine import execute
from radtl_tf.training.features.array_cache import ArrayCache

SIZE, EPOCHS, FIRST = 224, 30, 80
RATES = (1e-2, 1e-3, 3e-3, 1e-4, 3e-4, 2e-3, 5e-3, 2e-4)
PASSES: dict[int, float] = {}  # seconds of the pass, by number of images


def main() -> None:
    """Measure the three series and publish the table."""
    quick = "--quick" in sys.argv
    many = (60, 120) if quick else (100, 400, 1600)
    usual = many[1]
    lines = [f"ResNet50, {SIZE} px, {EPOCHS} epochs, frozen; {machine()}", _HEAD]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _measure(folder, FIRST, 1, 3)  # traces
        lines += _series(folder, "images", [(number, 2, 5) for number in many])
        lines += _series(folder, "learning rates", [(usual, number, 5) for number in (1, 2, 8)])
        lines += _series(folder, "folds", [(usual, 2, number) for number in (3, 5, 10)])
    print("\n".join(lines)) if quick else publish("scaling", "\n".join(lines))


_HEAD = f"{'':<16}{'number':>7}{'features (s)':>14}{'heads (s)':>11}{'in all (s)':>12}{'growth each doubling':>22}"


def _series(folder: Path, what: str, cells: list[tuple[int, int, int]]) -> Iterator[str]:
    at = {"images": 0, "learning rates": 1, "folds": 2}[what]
    before: tuple[int, float] | None = None
    for cell in cells:
        features, heads = _measure(folder, *cell)
        whole, growth = features + heads, ""
        if before:
            growth = f"{(whole / before[1]) ** (1 / log2(cell[at] / before[0])) - 1:+.0%}"
        before = cell[at], whole
        yield f"{what:<16}{cell[at]:>7}{features:>14.1f}{heads:>11.2f}{whole:>12.1f}{growth:>22}"


def _measure(folder: Path, images: int, rates: int, folds: int) -> tuple[float, float]:
    """Return the seconds of the passes over the images, and the other seconds of the runs."""
    place, cache = folder / f"{images}-{rates}-{folds}-{time.monotonic_ns()}", folder / str(images) / "cache"
    manifest = folder / str(images) / "labels.csv"
    if not manifest.exists():
        write_radiographs(folder / str(images), images, side=128)
    content = experiment(
        manifest, {"frozen": RATES[:rates]}, weights=["first"], folds=folds, epochs=EPOCHS, image_size=SIZE
    )
    plan = plan_of(content, place, cache)
    passes = 0.0
    fill = ArrayCache.fill

    def timed(self: ArrayCache, *arguments: Any) -> Any:
        nonlocal passes
        start = time.monotonic()
        try:
            return fill(self, *arguments)
        finally:
            passes += time.monotonic() - start

    with patch.object(ArrayCache, "fill", timed):
        for _ in execute(plan):
            pass
    if passes and images in PASSES:
        raise SystemExit(f"A second pass over the same {images} images.")
    files = place.glob("runs/*-frozen-*/*/run.json")
    return PASSES.setdefault(images, passes), sum(
        json.loads(file.read_text(encoding="utf-8"))["seconds"] for file in files
    )


if __name__ == "__main__":
    main()
