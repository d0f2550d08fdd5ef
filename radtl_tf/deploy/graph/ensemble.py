"""The networks of a setting's folds: from resized grey images to the mean of their probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import keras
import tensorflow as tf

from radtl_tf.models.head import Head
from radtl_tf.models.pixels import PixelConvention, to_network
from radtl_tf.records.experiment import Kind

_ACTIVATIONS: dict[Kind, Callable[[tf.Tensor], tf.Tensor]] = {
    "binary": tf.nn.softmax,
    "multiclass": tf.nn.softmax,
    "multilabel": tf.nn.sigmoid,
}


@dataclass(frozen=True)
class Ensemble:
    """The shared prefix, one suffix and head per fold, and how images reach them.

    It is not a ``tf.Module``, which would track the Keras variables: a SavedModel would hold every variable twice.

    Attributes:
        prefix: the backbone below the tuning boundary.
        members: for each fold the backbone above the boundary, and the head.
        kind: kind of the task.
        pixels: convention of the weights.
        image_size: height and width of the network's input.
        resize: policy of ``data.preprocessing.resizing``.
        depth: bits per value of the task's images; ``None`` as each file says.
    """

    prefix: keras.Model
    members: Sequence[tuple[keras.Model, Head]]
    kind: Kind
    pixels: PixelConvention
    image_size: int
    resize: str
    depth: int | None = None

    def variables(self) -> list[tf.Variable]:
        """Return the TensorFlow variable behind every Keras variable, each once."""
        models = [self.prefix, *chain.from_iterable(self.members)]
        return [variable.value for variable in {id(one): one for model in models for one in model.weights}.values()]

    def probabilities(self, grey: tf.Tensor) -> tf.Tensor:
        """Return the mean probabilities (B, K) of float32 grey (B, S, S, 1) in 0..1, S the ``image_size``."""
        cuts = self._cuts(grey)
        logits = [head(suffix(cuts, training=False)) for suffix, head in self.members]
        return tf.reduce_mean(_ACTIVATIONS[self.kind](tf.stack(logits)), axis=0)

    def features(self, grey: tf.Tensor) -> tf.Tensor:
        """Return the embeddings (B, C) of grey as of ``probabilities``: what the heads get, not standardized.

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
