"""The compiled trainer: everything is reset, and precision does not change the head."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from radtl_tf.training.trainer import Trainer


@pytest.fixture(params=["float32", "mixed_bfloat16", "mixed_float16"])
def trainer(request: pytest.FixtureRequest, tiny_backbone: str) -> Iterator[Trainer]:
    """Return a trainer of the whole tiny backbone in each precision."""
    keras.config.set_dtype_policy(request.param)
    yield Trainer(tiny_backbone, "full", 32, num_outputs=2)
    keras.config.set_dtype_policy("float32")


def batch(rows: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(rows)
    targets = np.eye(2, dtype=np.float32)[rng.integers(0, 2, rows)]
    return (
        [rng.normal(size=(rows, 32, 32, 3)).astype(np.float32)],
        targets,
        np.ones((rows, 1), np.float32),
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


def test_what_is_watched_changes_no_logit(trainer: Trainer) -> None:
    batches = [batch(4)[0], batch(3)[0]]
    logits, stages = trainer.watched(iter(batches))
    np.testing.assert_array_equal(logits, trainer.logits(iter(batches)))
    assert [(stage.shape, stage.dtype) for stage in stages] == [((7, 6), np.float32), ((7, 12), np.float32)]


TWO_DEVICES = """
import importlib.util, itertools, json, sys
import numpy as np
import tensorflow as tf

import radtl_tf.training.trainer as trainer

spec = importlib.util.spec_from_file_location("shared", sys.argv[1])
shared = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shared)
(cpu, *_) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
one_device, two_devices = trainer.replicas(), tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
shared.register_tiny()
results = []
for strategy, tuning in itertools.product((one_device, two_devices), ("frozen", "topK2")):
    trainer.replicas = lambda: strategy
    one = trainer.Trainer("Tiny", tuning, 32, num_outputs=2)
    rng = np.random.default_rng(0)
    ones = np.ones(one.num_features, np.float32)
    kernel = rng.standard_normal((one.num_features, 2)).astype(np.float32)
    one.reset(trainer.copies(one.suffix.weights), kernel, [0 * ones, ones], 0.01)
    losses = []
    for size in (8, 8, 8, 7, 1):
        cuts = [rng.standard_normal((size, *tensor.shape[1:])).astype(np.float32) for tensor in one.suffix.inputs]
        targets = np.eye(2, dtype=np.float32)[rng.integers(0, 2, size)]
        mask = np.ones((size, one.num_features), np.float32)
        losses.append(float(one.step(cuts, targets, np.ones((size, 1), np.float32), mask)))
    results.append(losses + one.logits(iter([cuts])).ravel().tolist())
print(json.dumps(results))
"""


@pytest.mark.slow
def test_two_devices_take_the_steps_of_one() -> None:
    shared = Path(__file__).parents[1] / "conftest.py"
    command = [sys.executable, "-c", TWO_DEVICES, str(shared)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    frozen, tuned, shared_frozen, shared_tuned = json.loads(done.stdout)
    assert np.allclose(frozen, shared_frozen, atol=1e-4)
    assert np.allclose(tuned, shared_tuned, atol=0.1)  # batch norms use the statistics of their share
    assert not np.allclose(tuned, shared_tuned, atol=1e-6)
