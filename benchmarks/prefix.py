"""Gains of folded batch norms and of bfloat16: the frozen pass over images, and a step of training all layers.

    python benchmarks/prefix.py [--quick]

Each row compares ways of one computation, which take turns in one process, three times after a first round that is not
counted. The table has the ratio of the median times, plain float32 to this way (above 1: faster), of CPU time unless it
says wall. The plain pass is the network as Keras builds it. The difference is the largest one of a feature from plain
float32, relative to the range of the features, on random images. "Keras' norm" is mixed_bfloat16 with Keras' own batch
norm, "fused" with ours (docs/decisions/0013-fused-batch-norms.md). A CPU without bfloat16 instructions shows what it
loses. It takes 4 minutes on 2 cores.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple
from unittest.mock import patch

import keras
import numpy as np
import tensorflow as tf
from _history import record
from _shared import cpu, machine, other_work, publish

from radtl_tf.models.backbones import build_base
from radtl_tf.models.precision import borrowed_precision
from radtl_tf.training.device import has_bfloat16
from radtl_tf.training.features.prefix_features import POOLED, PREFIX_BATCH, PrefixPass
from radtl_tf.training.layers.batch_norm import FusedBatchNormalization
from radtl_tf.training.trainer import Trainer
from radtl_tf.training.trial_step import trial_step

FLOAT32, BFLOAT16 = "float32", "mixed_bfloat16"
PASSES = [(name, 224) for name in ("ResNet50", "DenseNet121", "InceptionV3", "MobileNetV2")]
STEPS = [("ResNet50", 96), ("DenseNet121", 96), ("InceptionV3", 96)]
BATCH = {96: 32}

Work = Callable[[], object]
Seconds = tuple[float, float]  # of wall time and of CPU time


def main() -> None:
    """Measure every row and publish the tables."""
    quick = "--quick" in sys.argv
    passes, steps, rounds = ([("ResNet50", 96)], STEPS[:1], 2) if quick else (PASSES, STEPS, 3)
    lines = [f"{machine()}; the CPU has {'' if has_bfloat16() else 'no '}bfloat16 instructions", _head(_PASS)]
    of_passes = [_pass_row(backbone, size, rounds) for backbone, size in passes]
    of_steps = [_step_row(backbone, size, rounds) for backbone, size in steps]
    lines += [*(row.line for row in of_passes), "", _head(_STEP), *(row.line for row in of_steps)]
    text = "\n".join(lines)
    if quick:
        print(f"{text}\n{other_work()}")
        return
    publish("prefix", text)
    print(*record(cpu(), **of_passes[0].numbers, **of_steps[0].numbers), sep="\n")


class _Row(NamedTuple):
    """A line of the table, and its numbers for the history."""

    line: str
    numbers: dict[str, float]


_PASS = ("frozen pass, CPU", "folded", "bfloat16", "both", "both, wall", "folded differs", "both differs")
_STEP = ("full step, CPU", "Keras' norm", "fused", "fused, wall", "wall ms, float32", "wall ms, fused")


def _head(columns: tuple[str, ...]) -> str:
    return f"{columns[0]:<18}{'px':>5}" + "".join(f"{name:>17}" for name in columns[1:])


def _pass_row(backbone: str, size: int, rounds: int) -> _Row:
    images = tf.random.stateless_uniform((PREFIX_BATCH, size, size, 3), (1, 2), -1, 1)
    ways: dict[str, Callable[[tf.Tensor], np.ndarray]] = {}
    for name, precision in (("plain", FLOAT32), ("bfloat16", BFLOAT16)):
        with borrowed_precision(precision):
            base = build_base(backbone, size, seed=0)
            ways[name], ways[f"folded {name}"] = _plain(base), _folded(base)
    features = {name: way(images) for name, way in ways.items()}
    found = _medians({name: lambda way=way: way(images) for name, way in ways.items()}, rounds)
    keras.backend.clear_session()
    gains = {name: found["plain"][1] / seconds[1] for name, seconds in found.items()}
    wall = found["plain"][0] / found["folded bfloat16"][0]
    differs = {
        name: np.abs(one - features["plain"]).max() / np.ptp(features["plain"]) for name, one in features.items()
    }
    names = ("folded plain", "bfloat16", "folded bfloat16")
    ratios = "".join(f"{number:>17.2f}" for number in (*(gains[name] for name in names), wall))
    line = f"{backbone:<18}{size:>5}{ratios}{differs[names[0]]:>17.1e}{differs[names[2]]:>17.1e}"
    return _Row(line, {"folded_pass_ratio": gains[names[0]], "bfloat16_pass_ratio": gains[names[2]]})


def _plain(base: keras.Model) -> Callable[[tf.Tensor], np.ndarray]:
    signature = tf.TensorSpec((PREFIX_BATCH, *base.input_shape[1:]), tf.float32)
    forward = tf.function(
        lambda images: tf.cast(base(images, training=False), tf.float32), input_signature=(signature,), autograph=False
    )
    return lambda images: forward(images).numpy()


def _folded(base: keras.Model) -> Callable[[tf.Tensor], np.ndarray]:
    forward = PrefixPass(base, [POOLED])
    return lambda images: forward(images)[POOLED][0]


def _step_row(backbone: str, size: int, rounds: int) -> _Row:
    ways = {"plain": _step(backbone, size, FLOAT32), "fused": _step(backbone, size, BFLOAT16)}
    with patch.object(FusedBatchNormalization, "call", keras.layers.BatchNormalization.call):
        ways["Keras"] = _step(backbone, size, BFLOAT16)  # traced here
    found = _medians(ways, rounds)
    keras.backend.clear_session()
    plain = found["plain"]
    ratios = plain[1] / found["Keras"][1], plain[1] / found["fused"][1], plain[0] / found["fused"][0]
    numbers = "".join(f"{number:>17.2f}" for number in ratios)
    line = f"{backbone:<18}{size:>5}{numbers}{1e3 * plain[0]:>17.0f}{1e3 * found['fused'][0]:>17.0f}"
    return _Row(line, {"bfloat16_full_ratio": ratios[1]})


def _step(backbone: str, size: int, precision: str) -> Work:
    """Return a function that takes a step in this precision, which is already traced."""
    with borrowed_precision(precision):
        trainer = Trainer(backbone, "full", size, num_outputs=2)
        trial_step(trainer, BATCH[size])  # also prepares everything that a step needs
    number = BATCH[size]
    targets, mask = np.eye(2, dtype=np.float32)[np.arange(number) % 2], np.ones((number, trainer.num_features))
    batch = [np.zeros((number, size, size, 3), np.float32)], targets, np.ones((number, 1)), mask
    return lambda: float(trainer.step(*batch))


def _medians(ways: dict[str, Work], rounds: int) -> dict[str, Seconds]:
    """Return the median wall and CPU seconds of each way; they take turns, and the first round is not counted."""
    found = [{name: _timed(way) for name, way in ways.items()} for _ in range(rounds + 1)][1:]
    return {
        name: (statistics.median(one[name][0] for one in found), statistics.median(one[name][1] for one in found))
        for name in ways
    }


def _timed(way: Work) -> Seconds:
    before, start = os.times(), time.monotonic()
    way()
    after = os.times()
    return time.monotonic() - start, after.user + after.system - before.user - before.system


if __name__ == "__main__":
    main()
