"""Train a whole backbone with a linear layer on its pooled features, in one compiled step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import PixelConvention, to_network
from radtl_tf.training.adam import adam
from radtl_tf.training.features.array_cache import Arrays
from radtl_tf.training.layers.stochastic_depth import Depth
from radtl_tf.training.losses import LOSSES, class_weights
from radtl_tf.training.trainer import copies

# With Keras' 0.99, the initial statistics matter for hundreds of steps, so the first epochs cannot be validated.
_MOMENTUM = 0.9


class WholeBackbone:
    """A backbone that is trained as a whole, with layers on its features that are dropped afterwards.

    ``base`` goes from network input to features (B, C). Subclasses set ``_dropped``, the layers on top, and
    ``_optimizer``.
    """

    _dropped: Sequence[keras.Variable]
    _optimizer: keras.optimizers.Optimizer

    def __init__(self, base: keras.Model, pixels: PixelConvention) -> None:
        """Start with the weights of ``base``, a ``training_copy``."""
        self.base, self.depth = base, Depth(base)
        self._pixels = pixels
        use_momentum(base)

    def step(
        self, images: tf.Tensor, targets: tf.Tensor, learning_rate: float, key: Sequence[int] | None = None
    ) -> tf.Tensor:
        """Take a training step on one batch of a stream; return the mean loss.

        ``key`` (seed, epoch, step) determines which branches are dropped; without it none is.
        """
        raise NotImplementedError

    def state(self) -> Arrays:
        """Return copies of everything that training changes: weights, head, every variable of the optimizer."""
        return copies(self._variables())

    def restore(self, state: Arrays) -> None:
        """Restore a result of ``state``."""
        for variable, value in zip(self._variables(), state, strict=True):
            variable.assign(value)

    def settle(self, batches: Iterable[tf.Tensor]) -> None:
        """Set the statistics of the backbone's batch norms from these images, grey 0..1 (B, H, W, 1)."""
        settle_batch_norms(self.base, (to_network(images, self._pixels) for images in batches))

    def _variables(self) -> list[keras.Variable]:
        return [*self.base.weights, *self._dropped, *self._optimizer.variables]


class Learner(WholeBackbone):
    """``base`` (from network input to features (B, C)) and a head with one logit per class; everything is trained.

    It has no dropout and no standardization, so the trained features are the features of the weights file. It draws no
    random numbers: masks of stochastic depth are given. Loss and logits are float32, whatever the precision of the
    backbone.
    """

    def __init__(
        self, base: keras.Model, kernel: NDArray[np.float32], pixels: PixelConvention, loss: Callable[..., tf.Tensor]
    ) -> None:
        """Start with the weights of ``base`` and a head ``kernel`` (C, K); ``loss(targets, logits)`` returns (B,).

        ``base`` is a ``training_copy``.
        """
        super().__init__(base, pixels)
        num_features, num_classes = kernel.shape
        self._loss = loss
        self._head = Head(num_features=num_features, num_classes=num_classes)
        unchanged = np.zeros(num_features, np.float32), np.ones(num_features, np.float32)
        self._head.reset(kernel, np.zeros(num_classes, np.float32), *unchanged)
        self._dropped = self._head.weights
        self._learning = [*base.trainable_variables, *self._head.trainable_variables]
        self._optimizer = adam()
        self._optimizer.build(self._learning)
        images = tf.TensorSpec((None, *base.input_shape[1:3], 1), tf.float32)
        targets = tf.TensorSpec((None, num_classes), tf.float32)
        depth = tf.TensorSpec((None, len(self.depth.rates)), tf.float32)
        self._step = tf.function(self._train_step, input_signature=(images, targets, depth), autograph=False)
        self.logits = tf.function(self._forward, input_signature=(images,), autograph=False)

    def step(
        self, images: tf.Tensor, targets: tf.Tensor, learning_rate: float, key: Sequence[int] | None = None
    ) -> tf.Tensor:
        """Take a training step on one batch of grey 0..1 (B, H, W, 1) and targets (B, K); return the mean loss.

        ``key`` (seed, epoch, step) determines which branches are dropped; without it none is.
        """
        self._optimizer.learning_rate = learning_rate
        number = len(images)
        depth = self.depth.masks(key, number) if key else self.depth.all_kept(number)
        return self._step(images, targets, depth)

    def _train_step(self, images: tf.Tensor, targets: tf.Tensor, depth: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape, self.depth.given(depth):
            features = self.base(to_network(images, self._pixels), training=True)  # (B, C)
            loss = tf.reduce_mean(self._loss(targets, self._head(features)))
            scaled = self._optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [variable.value for variable in self._learning])
        self._optimizer.apply(gradients, self._learning)
        return loss

    def _forward(self, images: tf.Tensor) -> tf.Tensor:
        return self._head(self.base(to_network(images, self._pixels), training=False))  # (B, K) float32


def loss_of(cases: Cases, training_part: NDArray[np.bool_], policy: str) -> Callable[..., tf.Tensor]:
    """Return the function ``loss(targets, logits)``, from (B, K) each to a loss per image (B,): softmax or sigmoid.

    A label that is not known (``UNKNOWN`` among the targets) has no loss.
    ``balanced`` weights a class by the inverse of its share of the training part, with mean weight 1; for multilabel
    tasks, presence and absence of each class.
    """
    weights = class_weights(cases.truth[training_part], len(cases.classes), policy)
    loss = LOSSES[cases.kind]
    if cases.all_known:
        return lambda targets, logits: loss(targets, logits, _of_targets(targets, weights))
    more = np.float32(1 / cases.known[training_part].mean())  # so that the loss is the mean over what is known

    def masked(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        known = tf.cast(targets != UNKNOWN, tf.float32)
        return loss(tf.maximum(targets, 0.0), logits, _of_targets(targets, weights) * known * more)

    return masked


def _of_targets(targets: tf.Tensor, weights: NDArray[np.float32]) -> tf.Tensor:
    """Return the weight of each row (B, 1) by its class, or of each label (B, K) by its presence."""
    if weights.ndim == 1:
        return tf.reduce_sum(targets * weights, axis=-1, keepdims=True)
    return tf.where(targets > 0, weights[1], weights[0])


def settle_batch_norms(base: keras.Model, batches: Iterable[tf.Tensor]) -> None:
    """Replace the moving statistics of every batch norm by the mean of its batch statistics over ``batches``.

    In a short training, the moving statistics lag behind the weights. In a deep network the lag multiplies, until all
    images have the same features (Wu and Johnson 2021, "Rethinking Batch in BatchNorm", section 3: precise BN).
    """
    norms = _norms(base)
    momenta = [norm.momentum for norm in norms]
    for number, images in enumerate(batches):
        for norm in norms:
            norm.momentum = number / (number + 1)  # a running mean over the batches so far
        base(images, training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def use_momentum(model: keras.Model) -> None:
    """Let the statistics of the batch norms follow the weights within some ten steps."""
    for norm in _norms(model):
        norm.momentum = _MOMENTUM


def _norms(base: keras.Model) -> list[keras.layers.BatchNormalization]:
    return [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)]
