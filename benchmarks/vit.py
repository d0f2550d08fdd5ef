"""Images per second of ViT-B/14 (``DINOv2Base``) at 224 px, compared with a plain PyTorch loop.

    python benchmarks/vit.py [--quick] [--torch PYTHON]

PYTHON must have torch 2.13 and transformers. Both use float32, the same number of threads, the same batch, and random
weights; training is with Adam and all weights trainable. A step of radtl and one of PyTorch alternate three times,
after a first round that is not counted; the table has medians. It takes 3 minutes on 2 cores.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from _shared import machine, other_work, publish
from _side_by_side import TorchLoop, medians, timed_call

from radtl_tf.models.backbones import build_base
from radtl_tf.training.features.prefix_features import POOLED, PrefixPass
from radtl_tf.training.trainer import Trainer
from radtl_tf.training.trial_step import trial_step

BACKBONE = "DINOv2Base"
SIZE = 224
BATCH, PREDICTED = 8, 32  # images per training step, and per pass of the prefix


def main() -> None:
    """Measure both kinds of steps and publish the table."""
    quick = "--quick" in sys.argv
    lines = [
        f"{BACKBONE} at {SIZE} px, float32, {machine()}",
        f"{'images/s':<12}{'radtl':>8}{'PyTorch':>9}{'ratio':>7}",
    ]
    with TorchLoop("_torch_vit.py", SIZE, BATCH, PREDICTED, os.cpu_count() or 1) as torch:
        for kind, number, make in (("prediction", PREDICTED, _prediction), ("training", BATCH, _training)):
            ways = {"radtl": make(), "PyTorch": lambda kind=kind: torch.step(kind)}
            seconds = medians(ways, 1 if quick else 3)
            own, other = number / seconds["radtl"], number / seconds["PyTorch"]
            lines.append(f"{kind:<12}{own:>8.2f}{other:>9.2f}{own / other:>7.2f}")
    text = "\n".join(lines)
    if quick:
        print(f"{text}\n{other_work()}")
    else:
        publish("vit", text)


def _prediction() -> Callable[[], float]:
    images, forward = tf.zeros((PREDICTED, SIZE, SIZE, 3)), PrefixPass(build_base(BACKBONE, SIZE, seed=0), [POOLED])
    return timed_call(lambda: forward(images))


def _training() -> Callable[[], float]:
    trainer = Trainer(BACKBONE, "full", SIZE, num_outputs=2)
    trial_step(trainer, BATCH)  # prepares everything that a step needs
    targets = np.eye(2, dtype=np.float32)[np.arange(BATCH) % 2]
    mask = np.ones((BATCH, trainer.num_features), np.float32)
    batch = [np.zeros((BATCH, SIZE, SIZE, 3), np.float32)], targets, np.ones((BATCH, 1), np.float32), mask
    return timed_call(lambda: float(trainer.step(*batch)))


if __name__ == "__main__":
    main()
