"""Images per second in training and prediction, compared with a plain PyTorch loop and the machine's matrix product.

    python benchmarks/throughput.py [--quick] [--torch PYTHON]

PYTHON must have torch 2.13 and torchvision (``make bench`` makes one in .bench-torch). Both use float32, the same
number of threads, the same batch, Adam, random weights, and all weights trainable. A step of radtl, one of PyTorch and
a matrix product alternate five times, after a first round that is not counted; the table has medians. The ceiling is
the product of two 2048 x 2048 float32 matrices. The share is (operations of the network's convolutions x images per
second) / ceiling, with training counted as three forward passes. torchvision has no InceptionResNetV2. It takes 5
minutes on 2 cores.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import keras
import numpy as np
import tensorflow as tf
from _shared import machine, other_work, publish
from _side_by_side import TorchLoop, medians, timed_call

from radtl_tf.models.backbones import build_base
from radtl_tf.training.features.prefix_features import POOLED, PrefixPass
from radtl_tf.training.trainer import Trainer
from radtl_tf.training.trial_step import trial_step

BACKBONES = ("ResNet50", "DenseNet121", "InceptionV3", "InceptionResNetV2")
BATCH = {96: 32, 224: 16}
PREDICTED = 32  # images per prediction: the fixed batch of the prefix
SIDE = 2048  # side of the matrices whose product is the ceiling


def main() -> None:
    """Measure every pair and publish the table."""
    quick = "--quick" in sys.argv
    backbones, sizes, rounds = (BACKBONES[:1], (96,), 2) if quick else (BACKBONES, tuple(BATCH), 5)
    lines = [f"float32, {machine()}", _HEAD]
    for backbone in backbones:
        for size in sizes:
            lines += _rows(backbone, size, rounds)
            keras.backend.clear_session()
    text = "\n".join(lines)
    if quick:
        print(f"{text}\n{other_work()}")
    else:
        publish("throughput", text)


_HEAD = (
    f"{'images/s':<18}{'px':>5}{'':>11}{'radtl':>8}{'PyTorch':>9}{'ratio':>7}{'GFLOP/s':>9}{'ceiling':>9}{'share':>7}"
)


def _rows(backbone: str, size: int, rounds: int) -> Iterator[str]:
    base = build_base(backbone, size, seed=0)
    work, product = _operations(base), _product()
    numbers = size, BATCH[size], PREDICTED, os.cpu_count() or 1
    has_it = backbone != "InceptionResNetV2"
    with TorchLoop("_torch.py", backbone, *numbers) if has_it else nullcontext() as torch:
        for kind, number, factor in (("training", BATCH[size], 3), ("prediction", PREDICTED, 1)):
            ways = {"radtl": _training(backbone, size) if kind == "training" else _prediction(base, size)}
            ways |= {"product": product} | ({"PyTorch": lambda kind=kind: torch.step(kind)} if torch else {})
            seconds = medians(ways, rounds)
            own, reached = number / seconds["radtl"], factor * number * work / seconds["radtl"]
            ceiling = 2 * SIDE**3 / seconds["product"]
            other = seconds.get("PyTorch")
            ratio = f"{number / other:>9.1f}{other / seconds['radtl']:>7.2f}" if other else f"{'-':>9}{'-':>7}"
            speed = f"{reached / 1e9:>9.0f}{ceiling / 1e9:>9.0f}{reached / ceiling:>7.0%}"
            yield f"{backbone:<18}{size:>5}{kind:>11}{own:>8.1f}{ratio}{speed}"


def _training(backbone: str, size: int) -> Callable[[], float]:
    trainer = Trainer(backbone, "full", size, num_outputs=2)
    trial_step(trainer, BATCH[size])  # prepares everything that a step needs
    batch = [np.zeros((BATCH[size], size, size, 3), np.float32)], *_rest(trainer, BATCH[size])
    return timed_call(lambda: float(trainer.step(*batch)))


def _prediction(base: keras.Model, size: int) -> Callable[[], float]:
    images, forward = tf.zeros((PREDICTED, size, size, 3)), PrefixPass(base, [POOLED])
    return timed_call(lambda: forward(images))


def _rest(trainer: Trainer, number: int) -> tuple[np.ndarray, ...]:
    """Return targets, weights and dropout mask of a batch."""
    targets = np.eye(2, dtype=np.float32)[np.arange(number) % 2]
    return targets, np.ones((number, 1), np.float32), np.ones((number, trainer.num_features), np.float32)


def _operations(base: keras.Model) -> float:
    """Return the floating-point operations of the convolutions for one image: two per product."""
    total = 0.0
    for layer in base.layers:
        if isinstance(layer, keras.layers.Conv2D):
            height, width, inputs, outputs = layer.kernel.shape
            total += 2 * float(np.prod(layer.output.shape[1:3])) * height * width * inputs * outputs
    return total


def _product() -> Callable[[], float]:
    matrix = tf.random.normal((SIDE, SIDE))
    product = tf.function(lambda: tf.matmul(matrix, matrix))
    return timed_call(lambda: product().numpy())


if __name__ == "__main__":
    main()
