"""One compiled training step per (backbone, tuning, shape), reset for each run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.models.backbones import build_base
from radtl_tf.models.head import Head
from radtl_tf.models.tuning import split, watched_suffix
from radtl_tf.records.experiment import Kind
from radtl_tf.training.adam import adam
from radtl_tf.training.features.array_cache import Arrays
from radtl_tf.training.layers.stochastic_depth import Depth
from radtl_tf.training.layers.training_copy import training_copy
from radtl_tf.training.losses import LOSSES, sigmoid_loss


class Trainer:
    """The suffix of a backbone with its head, traced once.

    A run starts with ``reset``, which sets everything that training changes: the suffix, the head, the learning rate
    and every variable of the optimizer. The trainer draws no random numbers: masks of dropout and of stochastic depth
    are part of the batch.

    With several GPUs, each processes a share of the batch, and all take the same step (``tf.distribute``). The gradient
    is computed from the whole batch, but trainable batch norms use the statistics of a share.
    """

    def __init__(
        self, backbone: str, tuning: str, image_size: int | str, *, num_outputs: int, kind: Kind = "binary"
    ) -> None:
        """Build the suffix of ``backbone`` at ``tuning`` for images of this size, with a head of ``num_outputs``.

        ``kind`` of the task determines the loss.
        """
        self._replicas, self._loss = replicas(), LOSSES[kind]
        with self._replicas.scope():
            base = training_copy(build_base(backbone, image_size, seed=0))
            self.suffix, self._watched = split(base, tuning).suffix, watched_suffix(base, tuning)
            self.depth = Depth(self.suffix)
            self.num_features = int(self.suffix.outputs[0].shape[-1])
            self.head = Head(num_features=self.num_features, num_classes=num_outputs)
            self._optimizer = adam()
            self._learning = [*self.suffix.trainable_variables, *self.head.trainable_variables]
            self._optimizer.build(self._learning)
        self._optimizer_start = copies(self._optimizer.variables)
        cuts = [tf.TensorSpec((None, *tensor.shape[1:]), tf.float32) for tensor in self.suffix.inputs]
        self.num_weights = num_outputs if self._loss is sigmoid_loss else 1  # per example in the loss
        weights = tf.TensorSpec((None, self.num_weights), tf.float32)
        targets = tf.TensorSpec((None, num_outputs), tf.float32)
        mask = tf.TensorSpec((None, self.num_features), tf.float32)
        depth = tf.TensorSpec((None, len(self.depth.rates)), tf.float32)
        # No Python code here depends on a tensor's value, and autograph would take as long as tracing.
        self._step = tf.function(
            self._share_step, input_signature=(cuts, targets, weights, mask, depth), autograph=False
        )
        self._logits = tf.function(self._forward, input_signature=(cuts,), autograph=False)
        self._pooled = tf.function(self._forward_in_training, input_signature=(cuts,), autograph=False)

    def pooled(self, suffix: Arrays, batches: Iterable[Arrays]) -> NDArray[np.float32]:
        """Return the features (N, C) of the suffix's starting weights, as the head receives them in training.

        Trainable batch norms use the statistics of their batch, as in training.
        """
        _assign(self.suffix.weights, suffix)
        return np.concatenate([self._pooled([tf.constant(cut) for cut in cuts]).numpy() for cuts in batches])

    def reset(self, suffix: Arrays, kernel: NDArray[np.float32], affine: Arrays, learning_rate: float) -> None:
        """Start a run with the starting weights of the suffix, a head kernel (C, K) and the features' mean and SD."""
        _assign(self.suffix.weights, suffix)
        mean, sd = affine
        self.head.reset(kernel=kernel, bias=np.zeros(kernel.shape[1], np.float32), mean=mean, sd=sd)
        _assign(self._optimizer.variables, self._optimizer_start)
        self._optimizer.learning_rate = learning_rate

    def step(
        self, cuts: Arrays, targets: NDArray, weights: NDArray, mask: NDArray, depth: NDArray | None = None
    ) -> float:
        """Train on one batch: cut tensors (B, ...), targets (B, K), ``weights`` of the loss, dropout mask (B, C).

        The weights are per example (B, 1), or per label or threshold (B, K) in a multilabel or ordinal task. ``depth``
        are the masks of ``self.depth``; without them no branch is dropped.
        """
        if depth is None:
            depth = self.depth.all_kept(len(targets))
        short = -len(targets) % self._replicas.num_replicas_in_sync
        if short:
            *cuts, depth, targets, weights, mask = _filled([*cuts, depth, targets, weights, mask], short)
        return self._step([tf.constant(cut) for cut in cuts], targets, weights, mask, depth)

    def logits(self, batches: Iterator[Arrays]) -> NDArray[np.float32]:
        """Return (N, K) logits of all batches, in inference mode."""
        return np.concatenate([self._logits([tf.constant(cut) for cut in cuts])[0].numpy() for cuts in batches])

    def watched(self, batches: Iterator[Arrays]) -> tuple[NDArray[np.float32], Arrays]:
        """Return the same as ``logits`` and the averages (N, C) of every stage above the cut, the features last."""
        predicted = [self._logits([tf.constant(cut) for cut in cuts]) for cuts in batches]
        logits = np.concatenate([of_batch.numpy() for of_batch, _ in predicted])
        stages = zip(*(inside for _, inside in predicted), strict=True)
        return logits, [np.concatenate([of_batch.numpy() for of_batch in stage]) for stage in stages]

    def learned(self) -> tuple[Arrays, Arrays]:
        """Return copies of the weights of the suffix and the head: everything that a run trains."""
        return copies(self.suffix.weights), copies(self.head.weights)

    def restore(self, learned: tuple[Arrays, Arrays]) -> None:
        """Restore a result of ``learned``."""
        _assign([*self.suffix.weights, *self.head.weights], [*learned[0], *learned[1]])

    def _share_step(
        self, cuts: Sequence[tf.Tensor], targets: tf.Tensor, weights: tf.Tensor, mask: tf.Tensor, depth: tf.Tensor
    ) -> tf.Tensor:
        number = self._replicas.num_replicas_in_sync
        if number == 1:
            return self._train_step(cuts, targets, weights, mask, depth)

        def of_share() -> tf.Tensor:
            own = tf.distribute.get_replica_context().replica_id_in_sync_group
            shares = [tensor[own::number] for tensor in (*cuts, targets, weights / number, mask, depth)]
            return self._train_step(shares[:-4], *shares[-4:])

        return self._replicas.reduce("SUM", self._replicas.run(of_share), axis=None)

    def _train_step(
        self, cuts: Sequence[tf.Tensor], targets: tf.Tensor, weights: tf.Tensor, mask: tf.Tensor, depth: tf.Tensor
    ) -> tf.Tensor:
        with tf.GradientTape() as tape, self.depth.given(depth):
            logits = self.head(self.suffix(cuts, training=True), mask)  # (B, K) float32
            loss = tf.reduce_mean(self._loss(targets, logits, weights))
            scaled = self._optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [variable.value for variable in self._learning])
        self._optimizer.apply(gradients, self._learning)
        return loss

    def _forward_in_training(self, cuts: Sequence[tf.Tensor]) -> tf.Tensor:
        return tf.cast(self.suffix(cuts, training=True), tf.float32)

    def _forward(self, cuts: Sequence[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Return the logits, and the stages above the cut, which cost next to nothing."""
        stages = self._watched(cuts, training=False)
        return self.head(stages[-1]), [tf.cast(stage, tf.float32) for stage in stages]


@cache  # two strategies would give their collective operations the same keys
def replicas() -> tf.distribute.Strategy:
    """Return the strategy of sharing steps: across all GPUs if there are several, else no sharing."""
    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def _filled(batch: Sequence[NDArray], short: int) -> Arrays:
    """Return (*cuts, targets, weights, mask) with ``short`` more rows, since batch norms need a row in every share.

    The added rows repeat the first rows with weight 0; the other weights are scaled to keep the mean over rows.
    """
    size = len(batch[0])
    *cuts, targets, weights, mask = [array[np.arange(size + short) % size] for array in batch]
    scale = np.where(np.arange(size + short) < size, (size + short) / size, 0).astype(np.float32)
    return [*cuts, targets, weights * scale[:, np.newaxis], mask]


def _assign(variables: Sequence[keras.Variable], values: Sequence[NDArray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def copies(variables: Sequence[keras.Variable]) -> Arrays:
    """Return copies of the values of variables, which later training does not change."""
    return [keras.ops.convert_to_numpy(variable.value).copy() for variable in variables]
