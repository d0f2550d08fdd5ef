"""Images a second of training and prediction, against a plain PyTorch loop and against the machine's matrix product.

    python benchmarks/throughput.py [--quick] [--torch PYTHON]

PYTHON is one that has torch 2.13 and torchvision (``make bench`` makes one in .bench-torch). Both sides: float32, the
same threads, the same batch, Adam, all weights learn, random weights, medians after a first step that is not counted;
each pair is measured one right after the other. The ceiling is a product of two 2048 x 2048 float32 matrices, measured
here: the share is (operations of the network's convolutions x images a second) / ceiling, training counted as three
forward passes. torchvision has no InceptionResNetV2. About 15 minutes on 2 cores.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from _shared import machine, publish

from radtl_tf.models.backbones import build_base
from radtl_tf.training.features import POOLED, PrefixPass
from radtl_tf.training.trainer import Trainer
from radtl_tf.training.trial import trial_step

BACKBONES = ("ResNet50", "DenseNet121", "InceptionV3", "InceptionResNetV2")
BATCH = {96: 32, 224: 16}
PREDICTED = 32  # images of a prediction: the fixed batch of the prefix


def main() -> None:
    """Measure every pair and publish the table."""
    quick = "--quick" in sys.argv
    backbones, sizes, steps = (BACKBONES[:1], (96,), 2) if quick else (BACKBONES, tuple(BATCH), 4)
    ceiling = _ceiling()
    lines = [f"float32, {machine()}; matrix product {ceiling / 1e9:.0f} GFLOP/s", _HEAD]
    for backbone in backbones:
        for size in sizes:
            lines += _rows(backbone, size, steps, ceiling)
            keras.backend.clear_session()
    print("\n".join(lines)) if quick else publish("throughput", "\n".join(lines))


_HEAD = f"{'images/s':<18}{'px':>5}{'':>10}{'radtl':>9}{'PyTorch':>9}{'ratio':>7}{'of the ceiling':>16}"


def _rows(backbone: str, size: int, steps: int, ceiling: float) -> Iterator[str]:
    base = build_base(backbone, size, seed=0)
    work = _operations(base)
    images = tf.zeros((PREDICTED, size, size, 3))
    forward = PrefixPass(base, [POOLED])
    predicted = PREDICTED / _median(lambda: forward(images), steps)
    trainer = Trainer(backbone, "full", size, num_classes=2)
    trial_step(trainer, BATCH[size])  # sets everything that a step needs
    batch = [np.zeros((BATCH[size], size, size, 3), np.float32)], *_rest(trainer, BATCH[size])
    trained = BATCH[size] / _median(lambda: float(trainer.step(*batch)), steps)
    others = _torch(backbone, size, steps)
    for kind, own, factor in (("training", trained, 3), ("prediction", predicted, 1)):
        other = others.get(kind)
        ratio = f"{other:>9.1f}{own / other:>7.2f}" if other else f"{'-':>9}{'-':>7}"
        yield f"{backbone:<18}{size:>5}{kind:>11}{own:>8.1f}{ratio}{own * work * factor / ceiling:>15.0%}"


def _rest(trainer: Trainer, number: int) -> tuple[np.ndarray, ...]:
    """Return targets, weights and dropout mask of a batch."""
    targets = np.eye(2, dtype=np.float32)[np.arange(number) % 2]
    return targets, np.ones(number, np.float32), np.ones((number, trainer.num_features), np.float32)


def _torch(backbone: str, size: int, steps: int) -> dict[str, float]:
    """Return images a second by kind; nothing where torchvision has no such network."""
    if backbone == "InceptionResNetV2":
        return {}
    asked = sys.argv.index("--torch") + 1 if "--torch" in sys.argv else 0
    python = sys.argv[asked] if asked else str(Path(__file__).parents[1] / ".bench-torch" / "bin" / "python")
    numbers = (size, BATCH[size], PREDICTED, steps, os.cpu_count() or 1)
    command = [python, str(Path(__file__).with_name("_torch.py")), backbone, *map(str, numbers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return {"training": BATCH[size] / found["train"], "prediction": PREDICTED / found["predict"]}


def _operations(base: keras.Model) -> float:
    """Return the floating-point operations of the convolutions for one image: two per product."""
    total = 0.0
    for layer in base.layers:
        if isinstance(layer, keras.layers.Conv2D):
            height, width, inputs, outputs = layer.kernel.shape
            total += 2 * float(np.prod(layer.output.shape[1:3])) * height * width * inputs * outputs
    return total


def _ceiling() -> float:
    """Return the operations a second of a matrix product."""
    matrix = tf.random.normal((2048, 2048))
    product = tf.function(lambda: tf.matmul(matrix, matrix))
    return 2 * 2048**3 / _median(lambda: product().numpy(), 10)


def _median(work: Callable[[], object], steps: int) -> float:
    work()
    seconds = []
    for _ in range(steps):
        start = time.monotonic()
        work()
        seconds.append(time.monotonic() - start)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
