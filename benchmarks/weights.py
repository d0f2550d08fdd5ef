"""The cost of safe loading: a ResNet50 file of 95 MB, loaded by radtl and by Keras' ``load_weights``.

    python benchmarks/weights.py

The benchmark writes the file, so no download is needed. All methods are timed in turn, several times, and the best time
of each is used, since other processes can only add to a time. Each method must give the weights of the file. It takes
two minutes.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from _shared import machine, publish

from radtl_tf.models.backbones import backbone, build_base, draw_weights
from radtl_tf.models.weights.catalogue import sha256_of
from radtl_tf.models.weights.file import read_weights, write_weights
from radtl_tf.models.weights.inspection import verify
from radtl_tf.models.weights.sources import assign

BACKBONE, SIZE, ROUNDS = "ResNet50", 96, 7


def main() -> None:
    """Time the methods in turn and publish the table."""
    source, base = build_base(BACKBONE, SIZE, seed=1), build_base(BACKBONE, SIZE, seed=2)
    values = [keras.ops.convert_to_numpy(weight) for weight in source.weights]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random_notop.h5"
        write_weights(path, source)
        known = sha256_of(path)
        ways: dict[str, Callable[[], object]] = {
            "Keras: load_weights": lambda: base.load_weights(path),
            "ours, sum known: all in this process": lambda: _load(path, base, known),
            "ours, sum unknown: read in another process": lambda: _load(path, base, None),
            "part: the sum": lambda: sha256_of(path),
            "part: the search for NaN": lambda: all(np.isfinite(value).all() for value in values),
            "part: assigning and comparing": lambda: assign(base, values),
            "radtl weights verify, after the import of Keras": lambda: verify(path, BACKBONE),
        }
        same = [_gives(way, base, values) for way in list(ways.values())[:3]]
        seconds, size = _best(ways), path.stat().st_size
    first = seconds["Keras: load_weights"]
    lines = [f"{BACKBONE}, {size / 1e6:.0f} MB, best of {ROUNDS} rounds; {machine()}"]
    lines += [f"{name:<48} {best:6.3f} s {best / first:6.2f} x Keras" for name, best in seconds.items()]
    lines += [f"the first three give the weights of the file: {same}"]
    publish("weights", "\n".join(lines))


def _gives(way: Callable[[], object], base: keras.Model, values: list[np.ndarray]) -> bool:
    draw_weights(base, seed=2)
    way()
    return all(np.array_equal(keras.ops.convert_to_numpy(a), b) for a, b in zip(base.weights, values, strict=True))


def _load(path: Path, base: keras.Model, sha256: str | None) -> None:
    assign(base, read_weights(path, base, backbone=backbone(BACKBONE), sha256=sha256).values)


def _best(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the shortest time of each method over the rounds."""
    seconds = {name: float("inf") for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.monotonic()
            way()
            seconds[name] = min(seconds[name], time.monotonic() - start)
    return seconds


if __name__ == "__main__":
    main()
