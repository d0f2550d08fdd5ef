"""The networks of a setting's folds: from resized grey images to the mean of what they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import keras
import tensorflow as tf

from radtl_tf.deploy.graph.stages import stage_probabilities
from radtl_tf.deploy.outputs import PROBABILITIES, SCORE
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import PixelConvention, to_network
from radtl_tf.records.experiment import Kind

_ACTIVATIONS: dict[Kind, Callable[[tf.Tensor], tf.Tensor]] = {
    "binary": tf.nn.softmax,
    "multiclass": tf.nn.softmax,
    "multilabel": tf.nn.sigmoid,
    "ordinal": tf.nn.sigmoid,
    "regression": tf.identity,  # the head gives the number in the unit of the label
}
POSITIVE = 1  # the class of the score of a binary model


@dataclass(frozen=True)
class Ensemble:
    """The shared prefix, one suffix and head per fold, and how images reach them.

    It is not a ``tf.Module``, which would track the Keras variables: a SavedModel would hold every variable twice.

    Attributes:
        prefix: the backbone below the tuning boundary.
        members: for each fold the backbone above the boundary, and the head.
        kind: kind of the task.
        pixels: convention of the weights.
        image_size: size of the network's input: the side of a square, or height x width.
        resize: policy of ``data.preprocessing.resizing``.
        depth: bits per value of the task's images; ``None`` as each file says.
    """

    prefix: keras.Model
    members: Sequence[tuple[keras.Model, Head]]
    kind: Kind
    pixels: PixelConvention
    image_size: int | str
    resize: str
    depth: int | None = None

    def variables(self) -> list[tf.Variable]:
        """Return the TensorFlow variable behind every Keras variable, each once."""
        models = [self.prefix, *chain.from_iterable(self.members)]
        return [variable.value for variable in {id(one): one for model in models for one in model.weights}.values()]

    def means(self, grey: tf.Tensor) -> tf.Tensor:
        """Return the mean over the folds of their outputs (B, N) for float32 grey (B, H, W, 1) in 0..1.

        H x W is the ``image_size``. Outputs are the probabilities of K classes, P(above a stage) of
        the K - 1 lower stages of an ordinal model, or the number of a regression, (B, 1), in the unit of the label.
        """
        cuts = self._cuts(grey)
        logits = [head(suffix(cuts, training=False)) for suffix, head in self.members]
        return tf.reduce_mean(_ACTIVATIONS[self.kind](tf.stack(logits)), axis=0)

    def outputs(self, grey: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return what an exported model gives for grey as of ``means``.

        ``probabilities`` (B, K) of the classes or stages, except of a regression; ``score`` (B,), the probability of
        the positive class of a binary model, or the number of a regression.
        """
        means = self.means(grey)
        if self.kind == "regression":
            return {SCORE: means[:, 0]}
        if self.kind == "ordinal":
            return {PROBABILITIES: stage_probabilities(means)}
        found = {PROBABILITIES: means}
        return found | {SCORE: means[:, POSITIVE]} if self.kind == "binary" else found

    def features(self, grey: tf.Tensor) -> tf.Tensor:
        """Return the embeddings (B, C) of grey as of ``means``: what the heads get, not standardized.

        The folds of a frozen setting share one backbone, so C is its number of features. Otherwise every fold has its
        own, and their features follow each other in the order of ``members``: a mean would be the output of no network.
        """
        cuts = self._cuts(grey)
        suffixes = [suffix for suffix, _ in self.members]
        own = suffixes if suffixes[0].weights else suffixes[:1]
        return tf.concat([suffix(cuts, training=False) for suffix in own], axis=1)

    def _cuts(self, grey: tf.Tensor) -> list[tf.Tensor]:
        cuts = self.prefix(to_network(grey, self.pixels), training=False)
        return cuts if isinstance(cuts, list) else [cuts]
