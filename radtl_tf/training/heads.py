"""Train all heads of one set of pooled features together: folds x learning rates are axes of one tensor.

Only the head is trained in a frozen run, so runs differ in a few thousand numbers. The kernel, the order and the
dropout masks are the same functions of (seed, repeat, fold, epoch, step) as in ``training.run``; tests compare the two.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.data.folds.draw import Fold
from radtl_tf.models.head import DEAD
from radtl_tf.records.experiment import Kind
from radtl_tf.training.adam import BETA_1, BETA_2, EPSILON
from radtl_tf.training.features.prefix_features import POOLED, chunks
from radtl_tf.training.learned_weights import Learned
from radtl_tf.training.losses import (
    LOSSES,
    LabelScale,
    example_weights,
    inner_metrics,
    label_scale,
    scores_of,
    targets_of,
)
from radtl_tf.training.prefetch import Ahead
from radtl_tf.training.randomness import dropout_mask, epoch_order, head_kernel
from radtl_tf.training.run import Epoch, Outcome, RunData, rule_for, standardization
from radtl_tf.training.stopping import StoppingRule


@dataclass
class _HeadRun:
    """A run in progress: its history, the rule that chooses its epoch, and the head of the chosen epoch."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]
    rule: StoppingRule
    history: list[Epoch] = field(default_factory=list)


def train_heads(data: RunData, folds: Sequence[Fold], rates: Sequence[float]) -> list[list[Outcome]]:
    """Train a head per fold and learning rate; return a list of outcomes per fold.

    This works like ``training.run.train_run`` with the tuning ``frozen``: epoch with the lowest inner loss, patience,
    ``fixed_epochs``. The test parts are scored once, after all choices.
    """
    batch = _HeadBatch(data, folds, rates)
    runs = [
        [_HeadRun(*batch.head(number, rate), rule_for(data.training, fold)) for rate in range(len(rates))]
        for number, fold in enumerate(folds)
    ]
    labels = data.cases.labels
    for epoch in range(1, data.training.epochs + 1):
        start = time.monotonic()
        losses, waiting = batch.train_epoch(epoch)
        scores = batch.scores([fold.inner for fold in folds])
        shared = (time.monotonic() - start) / losses.size, waiting / losses.size
        for number, fold in enumerate(folds):
            rows = _rows(epoch, losses[number], labels[fold.inner], scores[number], *shared)
            for rate, row in enumerate(rows):
                run = runs[number][rate]
                if not run.rule.ended:
                    _follow(run, row, batch.head(number, rate))
        if all(run.rule.ended for of_fold in runs for run in of_fold):
            break
    batch.restore(runs)
    parts = {"inner": [fold.inner for fold in folds], "test": [fold.test for fold in folds]}
    final = {part: batch.scores(positions) for part, positions in parts.items()}
    return [
        [
            _outcome(affine, run, {part: of[number][:, rate] for part, of in final.items()}, scale)
            for rate, run in enumerate(row)
        ]
        for number, (affine, row, scale) in enumerate(zip(batch.affine, runs, batch.scales, strict=True))
    ]


@dataclass(frozen=True)
class _Step:
    """A batch per fold: sizes (F,), positions (F, B), weights (F, B, 1 or K), which are 0 for padding, and dropout."""

    sizes: NDArray[np.int64]
    positions: NDArray[np.int64]
    weights: NDArray[np.float32]
    masks: NDArray[np.float32]  # (F, B, C)


class _HeadBatch:
    """Kernels (F, C, L * K) and biases of F folds x L learning rates x K outputs, and the optimizer's state."""

    def __init__(self, data: RunData, folds: Sequence[Fold], rates: Sequence[float]) -> None:
        self._data, self._folds, self._num_rates = data, folds, len(rates)
        self._num_outputs = data.cases.num_outputs
        self._every = np.arange(len(data.cases.truth))
        self._plain = self._view(None)
        self.affine = [self._standardization(fold) for fold in folds]
        mean, sd = (np.stack(numbers)[:, None] for numbers in zip(*self.affine, strict=True))  # (F, 1, C)
        alive = sd > DEAD * np.abs(mean)
        self._mean, self._scale = tf.constant(mean), tf.constant(np.where(alive, sd, np.inf).astype(np.float32))
        kernels = [np.tile(self._kernel(fold), self._num_rates) for fold in folds]
        self._kernel_now = tf.constant(np.stack(kernels))  # (F, C, L * K)
        self._bias_now = tf.zeros((len(folds), 1, self._num_rates * self._num_outputs))
        self._moments = [tf.zeros_like(now) for now in (self._kernel_now, self._kernel_now)]
        self._moments += [tf.zeros_like(now) for now in (self._bias_now, self._bias_now)]
        self._steps = np.zeros(len(folds))
        policy = data.training.class_weights
        self.scales = [label_scale(data.cases, fold.train) for fold in folds]
        self._targets = self._targets_by_fold()
        self._weights = [example_weights(data.cases, fold.train, policy) for fold in folds]  # (N, 1 or K) each
        self._rates = np.repeat(np.asarray(rates, np.float32), self._num_outputs)  # (L * K,)

    def _targets_by_fold(self) -> NDArray[np.float32]:
        """Return the targets (F, N, K), which differ between folds only if they are standardized numbers."""
        cases = self._data.cases
        if cases.is_number:
            return np.stack([targets_of(cases, scale) for scale in self.scales])
        targets = targets_of(cases)
        return np.broadcast_to(targets, (len(self._folds), *targets.shape))

    def train_epoch(self, epoch: int) -> tuple[NDArray[np.float64], float]:
        """Train one epoch on each training part; return the mean loss (F, L) and the seconds of waiting for batches."""
        training = self._data.training
        view = (epoch - 1) % training.num_views if training.num_views else None
        features = self._plain if view is None else self._view(view)
        keys = [(self._data.seed, fold.repeat, fold.fold, epoch) for fold in self._folds]
        orders = [
            epoch_order(key, fold.train, fold.images_per_epoch) for key, fold in zip(keys, self._folds, strict=True)
        ]
        batches = [list(chunks(order, training.images_per_step)) for order in orders]
        total = np.zeros((len(self._folds), self._num_rates))
        prepared = Ahead(self._prepare(features.shape[1], keys, batches))
        for step in prepared:
            total += self._step(features, step) * step.sizes[:, None]
        return total / np.array([len(order) for order in orders])[:, None], prepared.waited

    def scores(self, positions: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float64]]:
        """Return, for each fold, the scores (n, L) or (n, L, K) of the examples at its positions (n,)."""
        filled = np.stack([np.resize(at, max(map(len, positions))) for at in positions])  # (F, M), repeated to M
        logits = _logits(self._plain, filled, self._mean, self._scale, self._kernel_now, self._bias_now).numpy()
        by_rate = logits.reshape(*filled.shape, self._num_rates, self._num_outputs)  # (F, M, L, K)
        return [
            scores_of(self._data.cases.kind, of_fold[: len(at)], scale)
            for of_fold, at, scale in zip(by_rate, positions, self.scales, strict=True)
        ]

    def head(self, fold: int, rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return kernel (C, K) and bias (K,) of one run."""
        columns = slice(rate * self._num_outputs, (rate + 1) * self._num_outputs)
        return self._kernel_now[fold, :, columns].numpy(), self._bias_now[fold, 0, columns].numpy()

    def restore(self, runs: Sequence[Sequence[_HeadRun]]) -> None:
        """Restore the best head of every run."""
        self._kernel_now = tf.constant(np.stack([np.hstack([run.kernel for run in of_fold]) for of_fold in runs]))
        self._bias_now = tf.constant(np.stack([np.hstack([run.bias for run in of_fold])[None] for of_fold in runs]))

    def _view(self, view: int | None) -> tf.Tensor:
        return tf.constant(np.asarray(self._data.store.rows(POOLED, self._every, view)[0]))  # (N, C)

    def _standardization(self, fold: Fold) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if self._data.training.head_input == "raw":
            size = self._plain.shape[1]
            return np.zeros(size, np.float32), np.ones(size, np.float32)
        mean, sd = standardization(self._plain.numpy()[fold.train])
        return mean, sd

    def _kernel(self, fold: Fold) -> NDArray[np.float32]:
        key = (self._data.seed, fold.repeat, fold.fold)
        return head_kernel(key, self._plain.shape[1], self._num_outputs, self._data.training.head_input)

    def _prepare(
        self, width: int, keys: Sequence[tuple[int, ...]], batches: Sequence[Sequence[NDArray[np.int64]]]
    ) -> Iterator[_Step]:
        """Yield the steps of an epoch: one batch per fold, which is empty for a fold without further batches."""
        for number in range(max(map(len, batches))):
            now = [own[number] if number < len(own) else own[0][:0] for own in batches]
            sizes = np.array([len(chosen) for chosen in now])
            positions = np.zeros((len(now), sizes.max()), np.int64)
            weights = np.zeros((*positions.shape, self._weights[0].shape[1]), np.float32)
            masks = np.zeros((*positions.shape, width), np.float32)
            for fold, (chosen, key) in enumerate(zip(now, keys, strict=True)):
                part = fold, slice(len(chosen))
                positions[part] = chosen
                weights[part] = self._weights[fold][chosen]
                masks[part] = dropout_mask((*key, number), (len(chosen), width))
            yield _Step(sizes, positions, weights, masks)

    def _step(self, features: tf.Tensor, step: _Step) -> NDArray[np.float64]:
        """Take a training step on one batch per fold and return the mean loss (F, L); empty batches change nothing."""
        sizes = step.sizes
        self._steps += sizes > 0
        taken = np.maximum(self._steps, 1)
        correction = np.sqrt(1 - BETA_2**taken) / (1 - BETA_1**taken) * (sizes > 0)
        rates = (correction[:, None, None] * self._rates).astype(np.float32)  # (F, 1, L * K), 0 for empty batches
        targets = self._targets[np.arange(len(sizes))[:, None], step.positions]  # (F, B, K)
        shares = step.weights / np.maximum(sizes, 1)[:, None, None].astype(np.float32)
        state = [self._kernel_now, self._bias_now, *self._moments]
        active = (sizes > 0).astype(np.float32)[:, None, None]
        given = step.positions, targets, shares, step.masks
        affine, kind = (self._mean, self._scale), self._data.cases.kind
        new, losses = _learn(state, features, *given, *affine, rates, active, kind)
        self._kernel_now, self._bias_now, *self._moments = new
        return losses.numpy().astype(np.float64)


@tf.function(reduce_retracing=True, autograph=False)
def _learn(
    state: list[tf.Tensor],
    features: tf.Tensor,
    positions: tf.Tensor,
    targets: tf.Tensor,
    shares: tf.Tensor,
    masks: tf.Tensor,
    mean: tf.Tensor,
    scale: tf.Tensor,
    rates: tf.Tensor,
    active: tf.Tensor,
    kind: Kind,
) -> tuple[list[tf.Tensor], tf.Tensor]:
    """Return the state after one step of Adam, and the loss (F, L) before it."""
    kernel, bias, *moments = state
    dropped = (tf.gather(features, positions) - mean) / scale * masks  # (F, B, C)
    with tf.GradientTape() as tape:
        tape.watch([kernel, bias])
        logits = tf.matmul(dropped, kernel) + bias  # (F, B, L * K)
        shape = tf.shape(targets)
        by_rate = tf.reshape(logits, (shape[0], shape[1], -1, shape[2]))  # (F, B, L, K)
        wanted = tf.broadcast_to(targets[:, :, tf.newaxis], tf.shape(by_rate))
        each = LOSSES[kind](wanted, by_rate, shares[:, :, tf.newaxis])  # (F, B, L)
        losses = tf.reduce_sum(each, axis=1)  # (F, L)
    gradients = tape.gradient(losses, [kernel, bias])
    new, new_moments = [], []
    for value, gradient, m, v in zip((kernel, bias), gradients, moments[::2], moments[1::2], strict=True):
        m += active * (gradient - m) * (1 - BETA_1)
        v += active * (tf.square(gradient) - v) * (1 - BETA_2)
        new.append(value - m * rates / (tf.sqrt(v) + EPSILON))
        new_moments += [m, v]
    return [*new, *new_moments], losses


@tf.function(reduce_retracing=True, autograph=False)
def _logits(
    features: tf.Tensor, positions: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor
) -> tf.Tensor:
    """Return (F, M, L * K), computed fold by fold: standardized features of all folds would need too much memory."""

    def of_fold(numbers: tuple[tf.Tensor, ...]) -> tf.Tensor:
        at, mean, scale, kernel, bias = numbers
        return tf.matmul((tf.gather(features, at) - mean) / scale, kernel) + bias

    return tf.map_fn(of_fold, (positions, mean, scale, kernel, bias), fn_output_signature=tf.float32)


def _rows(
    epoch: int, losses: NDArray, truth: NDArray, scores: NDArray[np.float64], seconds: float, waiting: float
) -> list[Epoch]:
    """Return the history row of each learning rate of one fold; ``scores`` (n, L[, K]) are of the inner part."""
    inner, aurocs = inner_metrics(truth, scores)
    return [
        Epoch(epoch, float(loss), float(one), None if area is None else float(area), seconds, waiting)
        for loss, one, area in zip(losses, inner, aurocs, strict=True)
    ]


def _follow(run: _HeadRun, row: Epoch, head: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    """Record one epoch of a run if it counts, and its ``head`` if the epoch is the best so far."""
    if not run.rule.follow(row.epoch, row.loss, row.inner_loss):
        return
    run.history.append(row)
    if run.rule.best == row.epoch:
        run.kernel, run.bias = head


def _outcome(
    affine: tuple[NDArray[np.float32], NDArray[np.float32]],
    run: _HeadRun,
    scores: dict[str, NDArray[np.float64]],
    scale: LabelScale,
) -> Outcome:
    mean, sd = affine
    kernel, bias = scale.head(run.kernel, run.bias)
    constant = sd <= DEAD * np.abs(mean)
    return Outcome(
        history=run.history,
        best_epoch=run.rule.best,
        converged=run.rule.converged,
        diverged=run.rule.diverged,
        scores=scores,
        learned=Learned(suffix=[], kernel=kernel, bias=bias, mean=mean, sd=np.where(constant, 0, sd)),
    )
