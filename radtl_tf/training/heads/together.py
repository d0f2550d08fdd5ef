"""Train all heads of one set of pooled features together: folds x learning rates are axes of one tensor.

Only the head is trained in a frozen run, so runs differ in a few thousand numbers. Every epoch is one call of a
compiled loop (``heads.program``). Tests compare the results with ``training.run``.
Design: docs/decisions/0010-heads-together.md.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.data.folds.draw import Fold
from radtl_tf.models.head import DEAD
from radtl_tf.training.adam import BETA_1, BETA_2
from radtl_tf.training.features.prefix_features import POOLED
from radtl_tf.training.heads.program import State, head_program
from radtl_tf.training.heads.segments import Segment, draw_segments
from radtl_tf.training.learned_weights import Learned
from radtl_tf.training.losses import LabelScale, inner_metrics, label_scale, scores_of, targets_of
from radtl_tf.training.prefetch import Ahead
from radtl_tf.training.randomness import head_kernel
from radtl_tf.training.run import Epoch, Outcome, RunData, rule_for, standardization
from radtl_tf.training.stopping import StoppingRule


@dataclass
class _HeadRun:
    """A run in progress: its history, the rule that chooses its epoch, and the head of the chosen epoch."""

    kernel: NDArray[np.float32]  # (C, K)
    bias: NDArray[np.float32]  # (K,)
    rule: StoppingRule
    history: list[Epoch] = field(default_factory=list)


def train_heads(data: RunData, folds: Sequence[Fold], rates: Sequence[float]) -> list[list[Outcome]]:
    """Train a head per fold and learning rate; return a list of outcomes per fold.

    This works like ``training.run.train_run`` with the tuning ``frozen``: epoch with the lowest inner loss, patience,
    ``fixed_epochs``. The test parts are scored once, after all choices.
    """
    heads = _Heads(data, folds, rates)
    runs = [
        [_HeadRun(kernel, bias, rule_for(data.training, fold)) for kernel, bias in of_fold]
        for fold, of_fold in zip(folds, heads.split(), strict=True)
    ]
    with closing(heads.epochs()) as epochs:
        for rows in epochs:
            _follow(runs, rows, heads)
            if all(run.rule.ended for of_fold in runs for run in of_fold):
                break
    heads.restore(runs)
    parts = {"inner": [fold.inner for fold in folds], "test": [fold.test for fold in folds]}
    final = {part: heads.scores(positions) for part, positions in parts.items()}
    return [
        [
            _outcome(affine, run, {part: of[number][:, rate] for part, of in final.items()}, scale)
            for rate, run in enumerate(row)
        ]
        for number, (affine, row, scale) in enumerate(zip(heads.affine, runs, heads.scales, strict=True))
    ]


class _Heads:
    """Kernels (F, C, L * K) and biases of F folds x L learning rates x K outputs, and the optimizer's state."""

    def __init__(self, data: RunData, folds: Sequence[Fold], rates: Sequence[float]) -> None:
        self._data, self._folds, self._num_rates = data, folds, len(rates)
        self._num_outputs = data.cases.num_outputs
        self._rendered: tuple[int | None, tf.Tensor] = None, self._rendering(None)
        self._plain = self._rendered[1]
        self.affine = [self._standardization(fold) for fold in folds]
        mean, sd = (np.stack(numbers)[:, None] for numbers in zip(*self.affine, strict=True))  # (F, 1, C)
        alive = sd > DEAD * np.abs(mean)
        self._affine = tf.constant(mean), tf.constant(np.where(alive, sd, np.inf).astype(np.float32))
        kernel = tf.constant(np.stack([np.tile(self._kernel(fold), len(rates)) for fold in folds]))  # (F, C, L * K)
        bias = tf.zeros((len(folds), 1, len(rates) * self._num_outputs))
        self._state: State = [kernel, bias, *(tf.zeros_like(now) for now in (kernel, kernel, bias, bias))]
        self._steps = np.zeros(len(folds))  # taken by each fold
        self.scales = [label_scale(data.cases, fold.train) for fold in folds]
        self._targets = self._targets_by_fold()
        self._rates = np.repeat(np.asarray(rates, np.float32), self._num_outputs)  # (L * K,)
        shape = len(folds), mean.shape[2], len(rates), self._num_outputs
        self._program = head_program(data.cases.kind, shape)

    def epochs(self) -> Generator[list[list[Epoch]], None, None]:
        """Train epoch by epoch; yield the row of the history of every fold and learning rate after each."""
        drawn = Ahead(draw_segments(self._data, self._folds, self._plain.shape[1]))
        truth = [self._data.cases.labels[fold.inner] for fold in self._folds]
        per_epoch = np.array([fold.images_per_epoch for fold in self._folds])[:, None]
        start, waited, total = time.monotonic(), 0.0, np.zeros((len(self._folds), self._num_rates))
        with closing(iter(drawn)) as segments:
            for segment in segments:
                total = total + self._learn(segment)
                if not segment.ends_epoch:
                    continue
                scores = self.scores([fold.inner for fold in self._folds])
                shared = (time.monotonic() - start) / total.size, (drawn.waited - waited) / total.size
                each = zip(total / per_epoch, truth, scores, strict=True)
                yield [_rows(segment.epoch, *of_fold, *shared) for of_fold in each]
                start, waited, total = time.monotonic(), drawn.waited, np.zeros_like(total)

    def scores(self, positions: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float64]]:
        """Return, for each fold, the scores (n, L) or (n, L, K) of the examples at its positions (n,)."""
        filled = np.stack([np.resize(at, max(map(len, positions))) for at in positions])  # (F, M), repeated to M
        logits = self._program.logits(self._plain, filled, *self._affine, *self._state[:2]).numpy()
        by_rate = logits.reshape(*filled.shape, self._num_rates, self._num_outputs)  # (F, M, L, K)
        return [
            scores_of(self._data.cases.kind, of_fold[: len(at)], scale)
            for of_fold, at, scale in zip(by_rate, positions, self.scales, strict=True)
        ]

    def split(self) -> list[list[tuple[NDArray[np.float32], NDArray[np.float32]]]]:
        """Return kernel (C, K) and bias (K,) of every fold and learning rate, as they are now."""
        kernels, biases = (np.split(now.numpy(), self._num_rates, axis=2) for now in self._state[:2])
        return [
            [(kernel[fold], bias[fold, 0]) for kernel, bias in zip(kernels, biases, strict=True)]
            for fold in range(len(self._folds))
        ]

    def restore(self, runs: Sequence[Sequence[_HeadRun]]) -> None:
        """Restore the best head of every run."""
        self._state[0] = tf.constant(np.stack([np.hstack([run.kernel for run in of_fold]) for of_fold in runs]))
        self._state[1] = tf.constant(np.stack([np.hstack([run.bias for run in of_fold])[None] for of_fold in runs]))

    def _learn(self, segment: Segment) -> NDArray[np.float64]:
        """Take the steps of a segment; return the sum of the losses (F, L) of its images."""
        if segment.view != self._rendered[0]:
            self._rendered = segment.view, self._rendering(segment.view)
        active = segment.sizes > 0  # (S, F)
        taken = self._steps + np.cumsum(active, axis=0)
        self._steps = taken[-1]
        correction = np.sqrt(1 - BETA_2**taken) / (1 - BETA_1**taken)
        rates = (correction[:, :, None, None] * self._rates).astype(np.float32)  # (S, F, 1, L * K)
        targets = self._targets[np.arange(len(self._folds))[:, None], segment.positions]  # (S, F, B, K)
        steps = segment.positions, targets, segment.weights, segment.kept
        active = active[:, :, None, None].astype(np.float32)
        self._state, losses = self._program.learn(
            self._state, self._rendered[1], *self._affine, *steps, rates * active, active
        )
        return (losses.numpy().astype(np.float64) * segment.sizes[:, :, None]).sum(axis=0)

    def _targets_by_fold(self) -> NDArray[np.float32]:
        """Return the targets (F, N, K), which differ between folds only if they are standardized numbers."""
        cases = self._data.cases
        if cases.is_number:
            return np.stack([targets_of(cases, scale) for scale in self.scales])
        targets = targets_of(cases)
        return np.broadcast_to(targets, (len(self._folds), *targets.shape))

    def _rendering(self, view: int | None) -> tf.Tensor:
        """Return the features (N, C) of one rendering of the images."""
        every = np.arange(len(self._data.cases.truth))
        return tf.constant(np.asarray(self._data.store.rows(POOLED, every, view)[0]))

    def _standardization(self, fold: Fold) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if self._data.training.head_input == "raw":
            size = self._plain.shape[1]
            return np.zeros(size, np.float32), np.ones(size, np.float32)
        mean, sd = standardization(self._plain.numpy()[fold.train])
        return mean, sd

    def _kernel(self, fold: Fold) -> NDArray[np.float32]:
        key = (self._data.seed, fold.repeat, fold.fold)
        return head_kernel(key, self._plain.shape[1], self._num_outputs, self._data.training.head_input)


def _rows(
    epoch: int, losses: NDArray, truth: NDArray, scores: NDArray[np.float64], seconds: float, waiting: float
) -> list[Epoch]:
    """Return the history row of each learning rate of one fold; ``scores`` (n, L[, K]) are of the inner part."""
    inner, aurocs = inner_metrics(truth, scores)
    return [
        Epoch(epoch, float(loss), float(one), None if area is None else float(area), seconds, waiting)
        for loss, one, area in zip(losses, inner, aurocs, strict=True)
    ]


def _follow(runs: Sequence[Sequence[_HeadRun]], rows: Sequence[Sequence[Epoch]], heads: _Heads) -> None:
    """Record one epoch of every run for which it counts, and the head of each run whose best epoch it is."""
    best = []
    for number, of_fold in enumerate(runs):
        for rate, run in enumerate(of_fold):
            row = rows[number][rate]
            if run.rule.ended or not run.rule.follow(row.epoch, row.loss, row.inner_loss):
                continue
            run.history.append(row)
            if run.rule.best == row.epoch:
                best.append((run, number, rate))
    if best:
        now = heads.split()
        for run, number, rate in best:
            run.kernel, run.bias = now[number][rate]


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
