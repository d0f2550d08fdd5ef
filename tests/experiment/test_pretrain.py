"""One's own weights file comes from a run, and loads like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from radtl_tf.experiment.pretrain import pretrain
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
    assert all(np.array_equal(a, b) for a, b in zip(values, learned, strict=True))
    assert len(list(plan.folder.runs.glob("*/*"))) == 1
