"""Train one Run: from cached cut tensors to predictions and trained weights."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.records.experiment import Training
from radtl_tf.training.features.array_cache import Arrays
from radtl_tf.training.features.prefix_features import POOLED, PREFIX_BATCH, chunks
from radtl_tf.training.learned_weights import Learned
from radtl_tf.training.losses import (
    LabelScale,
    example_weights,
    inner_auroc,
    inner_loss,
    label_scale,
    scores_of,
    targets_of,
)
from radtl_tf.training.prefetch import Ahead
from radtl_tf.training.randomness import dropout_mask, epoch_order, head_kernel
from radtl_tf.training.stopping import StoppingRule
from radtl_tf.training.trainer import Trainer

EVALUATION_ROWS = {
    POOLED: 4096
}  # rows per inference batch; pooled features are small, other cuts are as large as images


# The input of a step: cut tensors (B, ...), targets (B, K), weights (B, 1) or (B, K), dropout mask (B, C).
_Array = NDArray[np.float32]
Batch = tuple[Arrays, _Array, _Array, _Array, _Array]  # the arguments of ``Trainer.step``


@dataclass(frozen=True)
class Epoch:
    """One row of ``history.csv``; ``waiting`` is the part of its seconds in which the device waited for a batch.

    In a regression ``inner_loss`` is the mean absolute error in the unit of the label, ``loss`` is Huber's in units of
    its SD, and there is no ``inner_auroc``.
    """

    epoch: int
    loss: float
    inner_loss: float
    inner_auroc: float | None
    seconds: float
    waiting: float


@dataclass(frozen=True)
class Outcome:
    """The results of a Run: scores of the inner and the test part, as ``losses.scores_of`` returns them.

    ``best_epoch`` counts from 1; 0 is the start. ``converged`` is false if the best epoch is the last one or the run
    diverged, and ``None`` if no epoch was chosen. ``stages`` (n, C) are the averages over the image of the stages above
    the cut for the test part, the features last; a head has none.
    """

    history: list[Epoch]
    best_epoch: int
    converged: bool | None
    diverged: bool
    scores: dict[str, NDArray[np.float64]]
    learned: Learned
    stages: Arrays = field(default_factory=list)


class Features(Protocol):
    """A source of cut tensors by tuning, positions and view, such as a ``FeatureStore``."""

    def rows(self, tuning: str, positions: NDArray[np.int64], view: int | None) -> Arrays:
        """Return the cut tensors of the examples at ``positions``, in that order."""


@dataclass(frozen=True)
class RunData:
    """The inputs of a run: the data, the features and the starting weights of its suffix."""

    cases: Cases
    store: Features
    suffix: Arrays
    seed: int
    training: Training


def standardization(features: NDArray[np.float32]) -> Arrays:
    """Return mean and SD (C,) of features (n, C), summed in float64."""
    wide = features.astype(np.float64)
    return [wide.mean(axis=0).astype(np.float32), wide.std(axis=0).astype(np.float32)]


def train_run(
    trainer: Trainer,
    data: RunData,
    fold: Fold,
    tuning: str,
    learning_rate: float,
    *,
    on_epoch: Callable[[Epoch], None] = lambda row: None,
) -> Outcome:
    """Train one scenario on one fold, keep the epoch with the lowest inner loss, and predict inner and test part.

    The test part is read once, after all choices. With too few inner patients the last epoch is kept
    (``fold.fixed_epochs``). If the loss or the scores are not finite, the run ends and keeps the best earlier epoch.
    ``on_epoch`` is called after each epoch.
    """
    _begin(trainer, data, fold, tuning, learning_rate)
    labels = data.cases.labels[fold.inner]
    history: list[Epoch] = []
    rule, learned = rule_for(data.training, fold), trainer.learned()
    for epoch in range(1, data.training.epochs + 1):
        start = time.monotonic()
        loss, waiting = _train_epoch(trainer, data, fold, tuning, epoch)
        inner = _scores(trainer, data, fold, tuning, fold.inner)
        row = _row(epoch, loss, labels, inner, start, waiting)
        if rule.follow(epoch, row.loss, row.inner_loss):
            history.append(row)
            on_epoch(row)
        if rule.best == epoch:
            learned = trainer.learned()
        if rule.ended:
            break
    trainer.restore(learned)
    test, stages = trainer.watched(_cuts(data, tuning, fold.test))
    return Outcome(
        history=history,
        best_epoch=rule.best,
        converged=rule.converged,
        diverged=rule.diverged,
        scores={"inner": _scores(trainer, data, fold, tuning, fold.inner), "test": _scaled(data, fold, test)},
        learned=_learned(trainer, learned, label_scale(data.cases, fold.train)),
        stages=stages,
    )


def rule_for(training: Training, fold: Fold) -> StoppingRule:
    """Return the rule that stops a run on ``fold`` and chooses its epoch."""
    return StoppingRule(training.epochs, training.patience, fold.fixed_epochs)


def _begin(trainer: Trainer, data: RunData, fold: Fold, tuning: str, learning_rate: float) -> None:
    """Reset the trainer to the start of this run: suffix, head, standardization, learning rate."""
    key = (data.seed, fold.repeat, fold.fold)
    kernel = head_kernel(key, trainer.num_features, data.cases.num_outputs, data.training.head_input)
    trainer.reset(data.suffix, kernel, _affine(trainer, data, fold, tuning), learning_rate)


def _affine(trainer: Trainer, data: RunData, fold: Fold, tuning: str) -> Arrays:
    """Return mean and SD (C,) of the training part's features before training, or 0 and 1 for raw features."""
    if data.training.head_input == "raw":
        return [np.zeros(trainer.num_features, np.float32), np.ones(trainer.num_features, np.float32)]
    batches = (data.store.rows(tuning, rows, None) for rows in chunks(fold.train, data.training.images_per_step))
    return standardization(trainer.pooled(data.suffix, batches))


def _train_epoch(trainer: Trainer, data: RunData, fold: Fold, tuning: str, epoch: int) -> tuple[float, float]:
    """Train one epoch; return the mean loss and the seconds of waiting."""
    batches = Ahead(_batches(trainer, data, fold, tuning, epoch))
    total = sum(float(trainer.step(*batch)) * len(batch[1]) for batch in batches)
    return total / fold.images_per_epoch, batches.waited


def _batches(trainer: Trainer, data: RunData, fold: Fold, tuning: str, epoch: int) -> Iterator[Batch]:
    """Yield the batches of one epoch in its order."""
    settings, cases = data.training, data.cases
    weights = example_weights(cases, fold.train, settings.class_weights)
    targets = targets_of(cases, label_scale(cases, fold.train))
    key = (data.seed, fold.repeat, fold.fold, epoch)
    view = (epoch - 1) % settings.num_views if settings.num_views else None
    order = epoch_order(key, fold.train, fold.images_per_epoch)
    for step, positions in enumerate(chunks(order, settings.images_per_step)):
        mask = dropout_mask((*key, step), (len(positions), trainer.num_features))
        depth = trainer.depth.masks((*key, step), len(positions))
        yield data.store.rows(tuning, positions, view), targets[positions], weights[positions], mask, depth


def _scores(
    trainer: Trainer, data: RunData, fold: Fold, tuning: str, positions: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the scores of the examples at ``positions``, one row per example."""
    return _scaled(data, fold, trainer.logits(_cuts(data, tuning, positions)))


def _cuts(data: RunData, tuning: str, positions: NDArray[np.int64]) -> Iterator[Arrays]:
    """Yield the cut tensors of the examples at ``positions`` without augmentation, in batches."""
    for rows in chunks(positions, EVALUATION_ROWS.get(tuning, PREFIX_BATCH)):
        yield data.store.rows(tuning, rows, None)


def _scaled(data: RunData, fold: Fold, logits: NDArray[np.float32]) -> NDArray[np.float64]:
    return scores_of(data.cases.kind, logits, label_scale(data.cases, fold.train))


def _row(epoch: int, loss: float, truth: NDArray, scores: NDArray[np.float64], start: float, waiting: float) -> Epoch:
    """Return an epoch's row of the history; its metrics are ``nan`` if a score is not finite."""
    finite = np.isfinite(scores).all()
    return Epoch(
        epoch=epoch,
        loss=loss,
        inner_loss=inner_loss(truth, scores) if finite else np.nan,
        inner_auroc=inner_auroc(truth, scores) if finite else np.nan,
        seconds=time.monotonic() - start,
        waiting=waiting,
    )


def _learned(trainer: Trainer, copies: tuple[Arrays, Arrays], scale: LabelScale) -> Learned:
    """Return what a run learned, the head in the unit of the label."""
    by_name = dict(zip((weight.name for weight in trainer.head.weights), copies[1], strict=True))
    by_name["kernel"], by_name["bias"] = scale.head(by_name["kernel"], by_name["bias"])
    return Learned(suffix=copies[0], **by_name)
