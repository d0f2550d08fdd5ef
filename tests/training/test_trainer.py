"""The compiled trainer: what a reset sets back, and what precision leaves alone."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import pytest

from radtl_tf.training.trainer import Trainer


@pytest.fixture(params=["float32", "mixed_bfloat16", "mixed_float16"])
def trainer(request: pytest.FixtureRequest, tiny_backbone: str) -> Iterator[Trainer]:
    """Return a trainer of the whole tiny backbone in each precision."""
    keras.config.set_dtype_policy(request.param)
    yield Trainer(tiny_backbone, "full", 32, num_classes=2)
    keras.config.set_dtype_policy("float32")


def batch(rows: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(rows)
    targets = np.eye(2, dtype=np.float32)[rng.integers(0, 2, rows)]
    return (
        [rng.normal(size=(rows, 32, 32, 3)).astype(np.float32)],
        targets,
        np.ones(rows, np.float32),
        np.ones((rows, 12), np.float32),
    )


def test_a_reset_forgets_everything(trainer: Trainer) -> None:
    start = trainer.learned()[0]
    affine = [np.zeros(12, np.float32), np.ones(12, np.float32)]
    kernel = np.full((12, 2), 0.1, np.float32)

    def three_losses() -> list[float]:
        trainer.reset(start, kernel, affine, 0.01)
        return [float(trainer.step(*batch(rows))) for rows in (8, 8, 5)]

    first = three_losses()
    assert three_losses() == first
    assert len(set(first)) == 3


def test_logits_are_float32_and_finite(trainer: Trainer) -> None:
    logits = trainer.logits(iter([batch(4)[0], batch(3)[0]]))
    assert logits.dtype == np.float32
    assert logits.shape == (7, 2)
    assert np.isfinite(logits).all()
