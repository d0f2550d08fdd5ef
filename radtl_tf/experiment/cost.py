"""What an experiment will cost, measured on a few images before it starts."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from radtl_tf.experiment.plan import Plan
from radtl_tf.models.backbones import build_base
from radtl_tf.models.tuning import split
from radtl_tf.records.runs import PROBE
from radtl_tf.training.features import POOLED, PREFIX_BATCH, PrefixPass, cut_bytes

TRAINING_FACTOR = 3.0  # forward and backward pass against the forward pass alone (two products of the same size more)
FROZEN_STEP = 0.002  # seconds: a step of a linear head on pooled features; only the order of magnitude matters
MINUTE = 60.0


@dataclass(frozen=True)
class Part:
    """One line of the price list: seconds and bytes on disk for a number of runs."""

    name: str
    runs: int
    seconds: float
    size: int


@dataclass(frozen=True)
class Price:
    """The runs that are left and what they will cost."""

    parts: list[Part]
    total: int
    done: int

    def lines(self) -> list[str]:
        """Return the price list as text."""
        rows = [f"{p.runs:6d}  {p.seconds / MINUTE:9.1f}  {p.size / 1e9:8.2f}  {p.name}" for p in self.parts]
        seconds, size = sum(part.seconds for part in self.parts), sum(part.size for part in self.parts)
        return [
            f"{self.total} runs, {self.done} of them done",
            "  runs    minutes   GB disk  what",
            *rows,
            f"{'':6}  {seconds / MINUTE:9.1f}  {size / 1e9:8.2f}  in all, estimated from one forward pass per backbone",
        ]


def price(plan: Plan) -> Price:
    """Time one forward pass of each prefix and price the runs that are left; nothing is trained."""
    remaining = plan.remaining
    parts = [part for name in plan.experiment.grid.backbones for part in _backbone_parts(plan, name)]
    return Price(parts, len(plan.runs), len(plan.runs) - len(remaining))


def _backbone_parts(plan: Plan, name: str) -> list[Part]:
    """Price the feature passes of one backbone and its runs by tuning."""
    training = plan.experiment.training
    base = build_base(name, training.image_size, seed=0)
    whole = _seconds_per_image(PrefixPass(base, [POOLED]), training.image_size)
    runs = [run for run in plan.remaining if run.scenario.setting.backbone == name]
    views = training.num_views
    starts = {(run.scenario.setting.weights, run.scenario.setting.pixels, plan.draw(run)) for run in runs}
    passes = len(starts) * (1 + views)
    parts = [Part(f"{name}: {passes} feature passes", 0, passes * len(plan.pixels) * whole, 0)]
    for tuning in sorted({run.scenario.setting.tuning for run in runs}):
        count = sum(run.scenario.setting.tuning == tuning for run in runs)
        cut = POOLED if tuning == PROBE else tuning
        shapes = [tuple(tensor.shape[1:]) for tensor in split(base, cut).prefix.outputs]
        size = 0 if tuning in (PROBE, "full") else cut_bytes(shapes, len(plan.pixels)) * passes
        below = 0.0 if cut == "full" else _seconds_per_image(PrefixPass(base, [cut]), training.image_size)
        parts.append(Part(f"{name} {tuning}", count, count * _run_seconds(plan, tuning, max(whole - below, 0.0)), size))
    return parts


def _run_seconds(plan: Plan, tuning: str, suffix: float) -> float:
    """Return the seconds of one run: steps on the training part, and the inner part after each epoch."""
    if tuning == PROBE:
        return 1.0
    training, fold = plan.experiment.training, plan.folds[0]
    steps = -(-len(fold.train) // training.batch_size)
    if tuning == POOLED:
        return training.epochs * steps * FROZEN_STEP
    return training.epochs * suffix * (TRAINING_FACTOR * len(fold.train) + len(fold.inner))


def _seconds_per_image(prefix: PrefixPass, image_size: int) -> float:
    """Time the second pass of one batch: the first one traces."""
    images = np.zeros((PREFIX_BATCH, image_size, image_size, 3), np.float32)
    prefix(images)
    start = time.monotonic()
    prefix(images)
    return (time.monotonic() - start) / PREFIX_BATCH
