"""Train a backbone on a stream and save each epoch, so that a stopped training resumes from the last epoch.

The order, the augmentation and the learning rate are functions of (seed, epoch, step), so a resumed training gives the
same numbers as an uninterrupted one.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from radtl_tf.data.tfds.stream import Stream
from radtl_tf.errors import ExperimentError
from radtl_tf.logs import get_logger
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.disk import write_text
from radtl_tf.records.pretraining import BackboneTraining
from radtl_tf.training.pretraining.backbone_trainer import Learner, WholeBackbone
from radtl_tf.training.pretraining.snapshots import (
    Begun,
    Row,
    read_begun,
    read_history,
    read_snapshot,
    write_snapshot,
)
from radtl_tf.training.pretraining.validation_metrics import source_metrics

_log = get_logger(__name__)

SETTLE_IMAGES = 4096  # enough for batch norm statistics (Wu and Johnson 2021, section 3)
MINUTE = 60.0
KEEP_SECONDS = 30 * MINUTE  # between two snapshots within an epoch
_SAID_APART = ("epoch", "seconds", "validation_auroc_classes")
_FIRST_COLUMNS = ("epoch", "loss", "learning_rate", "seconds")


@dataclass(frozen=True)
class Schedule:
    """The learning rate of each of ``num_steps`` steps: ``constant``, or half a ``cosine`` from the rate down to 0.

    >>> [round(Schedule("cosine", 1.0, 4)(step), 3) for step in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """

    name: str
    rate: float
    num_steps: int

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0 over all epochs."""
        return self.rate if self.name == "constant" else self.rate * (1 + math.cos(math.pi * step / self.num_steps)) / 2


def train_source(
    learner: WholeBackbone,
    stream: Stream,
    settings: BackboneTraining,
    folder: Path,
    *,
    measure: Callable[[int], Row],
    on_epoch: Callable[[Sequence[Row]], None] = lambda history: None,
) -> list[Row]:
    """Train or resume up to ``settings.epochs`` in ``folder``; return a row per epoch, including earlier calls.

    A killed training loses at most ``KEEP_SECONDS``, and ends with the numbers of an undisturbed one.
    ``learner`` keeps the last epoch: nothing is chosen on the validation part. ``measure`` returns more columns for the
    row of an epoch, such as ``validation_row``. ``on_epoch`` is called with the history after each epoch, once it is
    saved.

    Raises:
        ExperimentError: the loss is not finite.
        OutputError: ``folder`` cannot be written, or is damaged.
    """
    schedule = Schedule(settings.schedule, settings.learning_rate, settings.epochs * stream.steps)
    history, begun = read_history(folder), read_begun(folder)
    if history or begun.steps:
        learner.restore(read_snapshot(folder))
        steps = f", and {begun.steps} of {stream.steps} steps of the next" if begun.steps else ""
        _log.info(f"{len(history)} of {settings.epochs} epochs are finished{steps}")
        on_epoch(history)
    for epoch in range(len(history) + 1, settings.epochs + 1):
        start = time.monotonic()
        loss = _train_epoch(
            learner, stream, schedule, epoch, begun, lambda now: write_snapshot(folder, learner.state(), history, now)
        )
        begun = Begun()
        found = measure(epoch)
        row = {"epoch": epoch, "loss": loss, "learning_rate": schedule((epoch - 1) * stream.steps)}
        row |= found
        row["seconds"] = round(time.monotonic() - start, 3)
        history.append(row)
        write_snapshot(folder, learner.state(), history)
        write_history(folder / "history.csv", history)
        on_epoch(history)
        _log.info(describe(row, settings.epochs))
    return history


def finish(learner: Learner, stream: Stream, epochs: int) -> dict[str, float]:
    """Settle the batch norms on at most ``SETTLE_IMAGES`` training images; return the validation metrics."""
    learner.settle(first_images(stream, epochs))
    return validate(learner, stream)


def validation_row(learner: Learner, stream: Stream, epoch: int) -> Row:
    """Return the columns of ``epoch`` of a supervised pre-training."""
    return {f"validation_{name}": value for name, value in validate(learner, stream).items()}


def validate(learner: Learner, stream: Stream) -> dict[str, float]:
    """Return the metrics of the validation part, or no metrics if it is empty."""
    found = [(learner.logits(images).numpy(), examples.numpy()) for images, _, examples in stream.validation()]
    if not found:
        return {}
    logits, examples = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return source_metrics(logits, stream.cases.truth[examples], stream.cases.kind)


def describe(row: Row, epochs: int) -> str:
    """Return a one-line summary of an epoch."""
    values = [f"{name.replace('_', ' ')} {value:.4g}" for name, value in row.items() if name not in _SAID_APART]
    return f"Epoch {row['epoch']} of {epochs}: {', '.join(values)}, {row['seconds']:.0f} s"


def write_history(path: Path, history: Sequence[Row]) -> None:
    """Write ``history.csv``: a row per epoch, with a column for every metric."""
    names = list(dict.fromkeys((*_FIRST_COLUMNS, *(name for row in history for name in row))))
    write_text(path, csv_text(names, ([row.get(name, "") for name in names] for row in history)))


def _train_epoch(
    learner: WholeBackbone, stream: Stream, schedule: Schedule, epoch: int, begun: Begun, keep: Callable[[Begun], None]
) -> float:
    """Train one epoch from the steps of ``begun`` on; return the mean loss over all of its steps.

    ``keep`` is called every ``KEEP_SECONDS`` with the steps so far.
    """
    total, step = tf.constant(begun.loss, tf.float64), begun.steps
    start = said = kept = time.monotonic()
    for images, targets, _ in stream.training(epoch, after=begun.steps):
        rate = schedule((epoch - 1) * stream.steps + step)
        total += tf.cast(learner.step(images, targets, rate, (stream.seed, epoch, step)), tf.float64)
        step += 1
        if time.monotonic() - said > MINUTE:
            said = time.monotonic()
            _check_finite(float(total), epoch)
            left = (said - start) / (step - begun.steps) * (stream.steps - step)
            _log.info(f"Epoch {epoch}: {step} of {stream.steps} steps, {left / MINUTE:.0f} min left in this epoch")
        if time.monotonic() - kept > KEEP_SECONDS and step < stream.steps:
            _check_finite(float(total), epoch)
            keep(Begun(step, float(total)))
            kept = time.monotonic()
    _check_finite(float(total), epoch)
    return float(total) / step


def _check_finite(loss: float, epoch: int) -> None:
    if not math.isfinite(loss):
        raise ExperimentError(
            f"the loss is not finite in epoch {epoch}: set a lower training.learning_rate and another output file."
        )


def first_images(stream: Stream, epoch: int) -> Iterator[tf.Tensor]:
    """Yield the first batches of an epoch without augmentation, like validation batches."""
    for number, (images, _, _) in enumerate(stream.training(epoch, plain=True)):
        if number * stream.batch_size >= SETTLE_IMAGES:
            return
        yield images


class Board:
    """The scalars of a pre-training in TensorBoard, rewritten from the history by each call of the command."""

    def __init__(self, folder: Path) -> None:
        """Start in ``folder`` and remove the events of an earlier call."""
        shutil.rmtree(folder, ignore_errors=True)
        self._writer = tf.summary.create_file_writer(str(folder))
        self._written = 0

    def __call__(self, history: Sequence[Row]) -> None:
        """Write the epochs added since the last call."""
        for row in history[self._written :]:
            with self._writer.as_default(step=row["epoch"]):
                for name, value in row.items():
                    tf.summary.scalar(name, value)
        self._written = len(history)
        self._writer.flush()
