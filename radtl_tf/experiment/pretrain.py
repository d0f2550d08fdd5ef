"""Make a native weights file: train a whole backbone on a source task and keep what lies below the head."""

from __future__ import annotations

from pathlib import Path

from radtl_tf.experiment.engine import execute
from radtl_tf.experiment.plan import Plan
from radtl_tf.models.backbones import build_base
from radtl_tf.models.tuning import split
from radtl_tf.models.weight_file import write_weights
from radtl_tf.records.runs import Run, Scenario
from radtl_tf.training.checkpoint import read_learned


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
    write_weights(out, base)
