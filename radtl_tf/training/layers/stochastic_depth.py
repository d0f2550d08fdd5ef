"""Stochastic depth whose masks are given, so that a run gives the same numbers again.

The EfficientNets drop whole branches of single images in training (Huang et al. 2016, "Deep Networks with Stochastic
Depth"). Keras draws the masks from a generator with a state, so they would depend on what was trained before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.training.randomness import depth_masks


class StochasticDepth(keras.layers.Dropout):
    """Keras' dropout of whole images, with the mask of the surrounding ``given``; without one it changes nothing."""

    mask: tf.Tensor | None = None

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Return ``inputs`` (B, H, W, C) times the mask (B,), which is 0 or 1 / (1 - rate)."""
        if not training or self.mask is None:
            return inputs
        return inputs * tf.cast(tf.reshape(self.mask, (-1, 1, 1, 1)), inputs.dtype)


def drops_images(layer: keras.Layer) -> bool:
    """Return whether a layer is a dropout of whole images (B, H, W, C) and not of single values."""
    return isinstance(layer, keras.layers.Dropout) and tuple(layer.noise_shape or ()) == (None, 1, 1, 1)


class Depth:
    """The stochastic depth of a model: its layers, and the masks that they need in a training step."""

    def __init__(self, model: keras.Model) -> None:
        """Use the layers of ``model``, which is a copy of ``training_copy``."""
        self._layers = [layer for layer in model.layers if isinstance(layer, StochasticDepth)]
        self.rates = tuple(float(layer.rate) for layer in self._layers)

    def masks(self, key: Sequence[int], number: int) -> NDArray[np.float32]:
        """Return the masks (number, layers) of a step with this key, as of ``randomness.depth_masks``."""
        return depth_masks(tuple(key), number, self.rates)

    def all_kept(self, number: int) -> NDArray[np.float32]:
        """Return masks (number, layers) that drop nothing."""
        return np.ones((number, len(self.rates)), np.float32)

    @contextmanager
    def given(self, masks: Any) -> Iterator[None]:
        """Let the layers use the columns of ``masks`` (B, layers) inside the block, in which the model is called."""
        try:
            for place, layer in enumerate(self._layers):
                layer.mask = masks[:, place]
            yield
        finally:
            for layer in self._layers:
                layer.mask = None
