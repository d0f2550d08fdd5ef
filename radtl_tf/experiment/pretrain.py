"""Make a native weights file: train a whole backbone on a source task and keep what lies below the head."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras

from radtl_tf.experiment.engine import execute
from radtl_tf.experiment.plan import Plan
from radtl_tf.models.backbones import build_base
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.tuning import split
from radtl_tf.models.weight_file import write_weights
from radtl_tf.records.runs import Run, Scenario
from radtl_tf.training.checkpoint import read_learned
from radtl_tf.training.features import PREFIX_BATCH, chunks


def pretrain(plan: Plan, scenario: Scenario, out: Path) -> None:
    """Train ``scenario`` (tuning ``full``) on the first fold of ``plan``; write its backbone to ``out`` (.h5, no top).

    Raises:
        OutputError: ``out`` cannot be written.
    """
    run = Run(scenario, repeat=0, fold=0)
    for _ in execute(plan, only=[run]):
        pass
    base = build_base(scenario.setting.backbone, plan.experiment.training.image_size, seed=0)
    learned = read_learned(plan.folder.run(run) / "weights.h5").suffix
    for variable, value in zip(split(base, "full").suffix.weights, learned, strict=True):
        variable.assign(value)
    pixels = convention(scenario.setting.pixels)
    batches = (to_network(plan.pixels[rows], pixels) for rows in chunks(plan.folds[0].train, PREFIX_BATCH))
    settle_batch_norms(base, batches)
    write_weights(out, base)


def settle_batch_norms(base: keras.Model, batches: Iterable[Any]) -> None:
    """Replace the moving statistics of every batch norm by the mean of its batch statistics over ``batches``.

    A short training leaves moving statistics behind the weights, and in a deep network the lag multiplies until the
    features of all images are the same (Wu and Johnson 2021, "Rethinking Batch in BatchNorm", section 3: precise BN).
    """
    norms = [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [norm.momentum for norm in norms]
    for number, images in enumerate(batches):
        for norm in norms:
            norm.momentum = number / (number + 1)  # a running mean over the batches so far
        base(images, training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
