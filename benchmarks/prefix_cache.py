"""The gain of computing the prefix once: frozen runs with cached features against the same runs without a cache.

    python benchmarks/prefix_cache.py

It prints the seconds of both and their ratio. The predictions of the two must agree. It takes one minute.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from _shared import machine, publish

from radtl_tf.data.folds.draw import draw_folds
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.models.backbones import build_base
from radtl_tf.models.pixels import convention
from radtl_tf.records.experiment import FoldPlan, Training
from radtl_tf.training.features.array_cache import ArrayCache
from radtl_tf.training.features.prefix_features import POOLED, FeatureStore, PrefixPass
from radtl_tf.training.run import RunData, train_run
from radtl_tf.training.trainer import Trainer

BACKBONE, SIZE, IMAGES, EPOCHS, RATES = "ResNet50", 96, 160, 3, (1e-2, 1e-3)


def main() -> None:
    """Time both and publish the table."""
    numbers = np.arange(IMAGES)
    cases = Cases(numbers, numbers % 2, numbers, tuple(map(str, numbers)), ("absent", "present"), "patient")
    pixels = np.random.default_rng(0).uniform(0, 1, (IMAGES, SIZE, SIZE, 1)).astype(np.float32)
    prefix = PrefixPass(build_base(BACKBONE, SIZE, seed=1), [POOLED])
    prefix(np.zeros((1, SIZE, SIZE, 3), np.float32))  # traced before anything is timed
    trainer = Trainer(BACKBONE, POOLED, SIZE, num_outputs=2)
    with tempfile.TemporaryDirectory() as folder:
        seconds, scores = {}, {}
        for way, cached in (("warm-up", [POOLED]), ("in each epoch again", []), ("once, cached", [POOLED])):
            store = FeatureStore(
                {POOLED: prefix},
                pixels,
                convention=convention("caffe"),
                augmentation="none",
                seed=0,
                cache=ArrayCache(Path(folder) / way, limit=1e9),
                key={},
                kept=dict.fromkeys(cached, 1),
                name=f"{BACKBONE} with random weights",
            )
            seconds[way], scores[way] = _runs(trainer, RunData(cases, store, [], 0, Training(epochs=EPOCHS)))
    slow, fast = seconds["in each epoch again"], seconds["once, cached"]
    largest = float(np.abs(scores["in each epoch again"] - scores["once, cached"]).max())
    lines = [
        f"{BACKBONE}, {SIZE} px, {IMAGES} images, {len(RATES)} learning rates x 2 folds x {EPOCHS} epochs; {machine()}",
        f"features in each epoch again {slow:8.1f} s",
        f"features once, cached        {fast:8.1f} s",
        f"ratio                        {slow / fast:8.1f}",
        f"largest difference of a score {largest:.1e}",
    ]
    publish("prefix_cache", "\n".join(lines))


def _runs(trainer: Trainer, source: RunData) -> tuple[float, np.ndarray]:
    """Return the seconds of all frozen runs and their test scores."""
    start = time.monotonic()
    scores: Sequence[np.ndarray] = [
        train_run(trainer, source, fold, POOLED, rate).scores["test"]
        for fold in draw_folds(source.cases, FoldPlan(count=2), seed=1)
        for rate in RATES
    ]
    return time.monotonic() - start, np.concatenate(scores)


if __name__ == "__main__":
    main()
