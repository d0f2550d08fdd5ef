"""One's own weights file comes from a run, with batch norms that know their statistics, and loads like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from radtl_tf.experiment.pretrain import pretrain, settle_batch_norms
from radtl_tf.models.backbones import BACKBONES, build_base
from radtl_tf.models.weight_file import read_weights
from radtl_tf.training.checkpoint import read_learned


def test_the_file_holds_what_the_run_has_learned(make_plan: Any, tmp_path: Path) -> None:
    grid = {"weights": ["random"], "tunings": [{"mode": "full", "learning_rates": [0.01]}]}
    plan = make_plan(grid=grid, question=None)
    pretrain(plan, plan.scenarios[0], tmp_path / "own.h5")
    base = build_base("Tiny", 32, seed=0)
    values = read_weights(tmp_path / "own.h5", base, backbone=BACKBONES["Tiny"]).values
    (folder,) = plan.folder.runs.glob("*/0-0")
    learned = read_learned(folder / "weights.h5").suffix
    same = [np.array_equal(a, b) for a, b in zip(values, learned, strict=True)]
    assert same == ["moving" not in weight.path for weight in base.weights]
    assert len(list(plan.folder.runs.glob("*/*"))) == 1


def test_settled_statistics_are_those_of_the_images() -> None:
    inputs = keras.Input((4,))
    norm = keras.layers.BatchNormalization(name="norm")
    base = keras.Model(inputs, norm(inputs))
    images = np.random.default_rng(0).normal(3, 2, (96, 4)).astype(np.float32)
    batches = np.split(images, 3)
    settle_batch_norms(base, batches)
    assert np.allclose(norm.moving_mean.numpy(), images.mean(axis=0), atol=1e-4)
    assert np.allclose(
        norm.moving_variance.numpy(), np.mean([batch.var(axis=0) for batch in batches], axis=0), rtol=1e-3
    )
    assert norm.momentum == 0.99
