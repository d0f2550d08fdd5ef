"""A small task that can be solved from the pixels, and the parts to train on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.folds.draw import Fold, draw_folds
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.records.experiment import FoldPlan, Training

SIZE = 32
MakeSource = Callable[..., Any]


@pytest.fixture(scope="session")
def pixels() -> np.ndarray:
    """Return 72 images (72, 32, 32, 1) of random blocks; in every second one the upper half is brighter."""
    rng = np.random.default_rng(0)
    blocks = rng.uniform(0.1, 0.7, (72, SIZE // 8, SIZE // 8, 1)).astype(np.float32)
    images = blocks.repeat(8, axis=1).repeat(8, axis=2)
    images[1::2, : SIZE // 2] += 0.3
    return images


@pytest.fixture(scope="session")
def cases() -> Cases:
    """Return 72 patients with one image each."""
    numbers = np.arange(72)
    return Cases(numbers, numbers % 2, numbers, tuple(map(str, numbers)), ("absent", "present"), "patient")


@pytest.fixture(scope="session")
def several(cases: Cases) -> dict[str, Cases]:
    """Return the same images with three classes, and with two labels; the first label is the binary one."""
    numbers, second = np.arange(72), (np.arange(72) // 2) % 2
    classes = np.where(cases.truth == 1, 0, 1 + second)
    labels = np.stack([cases.truth, second], axis=1)
    return {
        "multiclass": replace(cases, truth=classes, classes=("bright", "dark", "other"), kind="multiclass"),
        "multilabel": replace(cases, truth=labels, classes=("bright", "even"), kind="multilabel", examples=numbers),
    }


@pytest.fixture(scope="session")
def numbers(cases: Cases) -> Cases:
    """Return the same images with a number each: 10 or 15 for dark ones, and 20 more for bright ones."""
    truth = 10.0 + 20 * cases.truth + 5.0 * (np.arange(72) // 2 % 2)
    return replace(cases, truth=truth, classes=(), kind="regression")


@pytest.fixture(scope="session")
def stages(cases: Cases) -> Cases:
    """Return the same images with three stages."""
    return replace(cases, truth=np.arange(72) % 3, classes=("low", "middle", "high"), kind="ordinal")


@pytest.fixture(scope="session")
def fold(cases: Cases) -> Fold:
    """Return the first of three folds; its inner part is too small for choices, unless a test changes this."""
    return draw_folds(cases, FoldPlan(count=3, inner=0.45), seed=5)[0]


@pytest.fixture
def make_source(pixels: np.ndarray, cases: Cases, tmp_path: Path) -> MakeSource:
    """Return a function that makes (trainer, source) for a backbone and tuning, with or without a cached prefix."""
    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.pixels import convention
    from radtl_tf.models.tuning import split
    from radtl_tf.training.features.array_cache import ArrayCache
    from radtl_tf.training.features.prefix_features import POOLED, FeatureStore, PrefixPass
    from radtl_tf.training.run import RunData
    from radtl_tf.training.trainer import Trainer, copies

    def make(
        backbone: str, tuning: str, *, cached: bool = True, images: Any = pixels, of: Cases = cases, **settings: Any
    ) -> Any:
        training = Training(image_size=images.shape[1], batch_size=16, **{"epochs": 3, **settings})
        base = build_base(backbone, training.image_size, seed=11)
        tunings = list(dict.fromkeys([POOLED, tuning]))
        passes = {name: PrefixPass(base, [name]) for name in tunings}
        in_cache = [name for name in tunings if cached and name != "full"]
        if in_cache:
            passes |= dict.fromkeys(in_cache, PrefixPass(base, in_cache))
        store = FeatureStore(
            passes,
            images,
            convention=convention("tf"),
            augmentation=training.augmentation,
            seed=1,
            cache=ArrayCache(tmp_path / "features", limit=1e9),
            key={"backbone": backbone},
            kept=dict.fromkeys(in_cache, 100),
            name=f"{backbone} with random weights",
        )
        suffix = copies(split(base, tuning).suffix.weights)
        trainer = Trainer(backbone, tuning, training.image_size, num_outputs=of.num_outputs, kind=of.kind)
        return trainer, RunData(of, store, suffix, 7, training)

    return make
