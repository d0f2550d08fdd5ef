"""Train a whole backbone without labels: SimSiam (Chen and He 2021, CVPR, algorithm 1), in one compiled step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import keras
import numpy as np
import tensorflow as tf

from radtl_tf.errors import ExperimentError
from radtl_tf.models.pixels import PixelConvention, to_network
from radtl_tf.training.adam import adam
from radtl_tf.training.pretraining.backbone_trainer import WholeBackbone, use_momentum
from radtl_tf.training.randomness import seed_of

COLLAPSED = 0.1  # of ``embedding_sd``, which is 1 for spread embeddings
CONSTANT = 1e-4  # of the SD of the features relative to their norm
_WIDEST = 2048
_BOTTLENECK = 4  # how much narrower the predictor is in the middle


class SiameseLearner(WholeBackbone):
    """``base``, a projector and a predictor; all are trained so that two views of a film predict each other.

    It draws no random numbers in a step. Projector, predictor and loss are float32, whatever the precision of the
    backbone.
    """

    def __init__(self, base: keras.Model, pixels: PixelConvention, seed: int) -> None:
        """Start with the weights of ``base``, a ``training_copy``, and with heads that ``seed`` determines."""
        super().__init__(base, pixels)
        num_features = int(base.output_shape[-1])
        self._projector = _projector(num_features, seed)
        self._predictor = _predictor(self._projector.output_shape[-1], seed)
        self._spread = keras.Variable(np.zeros(2, np.float32), trainable=False, dtype="float32")  # sum, steps
        parts = (base, self._projector, self._predictor)
        self._dropped = [*self._projector.weights, *self._predictor.weights, self._spread]
        self._learning = [variable for part in parts for variable in part.trainable_variables]
        self._optimizer = adam()
        self._optimizer.build(self._learning)
        images = tf.TensorSpec((None, *base.input_shape[1:3], 1), tf.float32)
        depth = tf.TensorSpec((None, len(self.depth.rates)), tf.float32)
        self._step = tf.function(self._train_step, input_signature=(images, images, depth), autograph=False)

    def step(
        self, images: tf.Tensor, targets: tf.Tensor, learning_rate: float, key: Sequence[int] | None = None
    ) -> tf.Tensor:
        """Take a training step on two views of a batch, grey 0..1 (B, H, W, 1) each; return the mean loss, -1..1.

        ``key`` (seed, epoch, step) determines which branches are dropped; without it none is.
        """
        self._optimizer.learning_rate = learning_rate
        number = 2 * len(images)
        depth = self.depth.masks(key, number) if key else self.depth.all_kept(number)
        return self._step(images, targets, depth)

    def spread(self, epoch: int) -> dict[str, float]:
        """Return the mean ``embedding_sd`` of the steps since the last call.

        Raises:
            ExperimentError: the embeddings collapsed.
        """
        total, steps = keras.ops.convert_to_numpy(self._spread.value)
        self._spread.assign(np.zeros(2, np.float32))
        found = float(total / steps)
        if not found >= COLLAPSED:
            raise ExperimentError(
                f"the embeddings collapsed in epoch {epoch}: embedding_sd is {found:.2g}, expected about 1. "
                "Set a lower training.learning_rate or a larger training.batch_size, and another output file."
            )
        return {"embedding_sd": found}

    def check_features(self, batches: Iterable[tf.Tensor]) -> None:
        """Refuse a backbone that gives all films the same features; ``batches`` are grey 0..1 (B, H, W, 1).

        Raises:
            ExperimentError: the features collapsed.
        """
        found = [self.base(to_network(images, self._pixels), training=False) for images in batches]
        features = np.concatenate([keras.ops.convert_to_numpy(one) for one in found]).astype(np.float64)
        norm, sd = np.linalg.norm(features, axis=1).mean(), np.linalg.norm(features.std(axis=0))
        if not sd > CONSTANT * norm:
            raise ExperimentError(
                "all films have the same features after training: the training collapsed. "
                "Set a lower training.learning_rate or a larger training.batch_size, and another output file."
            )

    def _train_step(self, first: tf.Tensor, second: tf.Tensor, depth: tf.Tensor) -> tf.Tensor:
        both = to_network(tf.concat([first, second], axis=0), self._pixels)
        with tf.GradientTape() as tape, self.depth.given(depth):
            features = tf.cast(self.base(both, training=True), tf.float32)  # (2B, C)
            projections = self._projector(features, training=True)  # (2B, D)
            loss = simsiam_loss(self._predictor(projections, training=True), projections)
            scaled = self._optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, [variable.value for variable in self._learning])
        self._optimizer.apply(gradients, self._learning)
        self._spread.assign_add(tf.stack([embedding_sd(projections), 1.0]))
        return loss


def simsiam_loss(predictions: tf.Tensor, projections: tf.Tensor) -> tf.Tensor:
    """Return the negative mean cosine between each prediction and the projection of the other view, -1..1.

    Both are (2B, D): first views, then second views. The projections get no gradient from here.
    """
    first, second = tf.split(tf.stop_gradient(projections), 2)
    others = tf.concat([second, first], axis=0)
    cosines = tf.reduce_sum(tf.nn.l2_normalize(predictions, 1) * tf.nn.l2_normalize(others, 1), axis=1)
    return -tf.reduce_mean(cosines)


def embedding_sd(embeddings: tf.Tensor) -> tf.Tensor:
    """Return the SD of normalized embeddings (B, D), averaged over dimensions, times the square root of D.

    It is 1 for embeddings spread evenly over the sphere, 0 if all are the same (Chen and He 2021, figure 2).
    """
    normalized = tf.nn.l2_normalize(embeddings, 1)
    width = tf.cast(tf.shape(embeddings)[1], tf.float32)
    return tf.reduce_mean(tf.math.reduce_std(normalized, axis=0)) * tf.sqrt(width)


def _projector(num_features: int, seed: int) -> keras.Model:
    """Return three dense layers with batch norms; the last norm has no learned scale (Chen and He 2021, section 3)."""
    width = min(num_features, _WIDEST)
    inputs = values = keras.Input((num_features,), dtype="float32")
    for number in range(3):
        values = _dense(width, seed, number, use_bias=False)(values)
        last = number == 2
        values = keras.layers.BatchNormalization(center=not last, scale=not last, dtype="float32")(values)
        values = values if last else keras.layers.ReLU(dtype="float32")(values)
    return _with_momentum(keras.Model(inputs, values))


def _predictor(width: int, seed: int) -> keras.Model:
    inputs = keras.Input((width,), dtype="float32")
    values = _dense(max(width // _BOTTLENECK, 1), seed, 3, use_bias=False)(inputs)
    values = keras.layers.ReLU(dtype="float32")(keras.layers.BatchNormalization(dtype="float32")(values))
    return _with_momentum(keras.Model(inputs, _dense(width, seed, 4)(values)))


def _dense(width: int, seed: int, number: int, *, use_bias: bool = True) -> keras.layers.Dense:
    start = keras.initializers.GlorotUniform(seed=seed_of("head", seed, number))
    return keras.layers.Dense(width, kernel_initializer=start, use_bias=use_bias, dtype="float32")


def _with_momentum(model: keras.Model) -> keras.Model:
    use_momentum(model)
    return model
