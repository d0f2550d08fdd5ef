"""The head: standardization, dropout with a given mask, and one dense layer, always in float32."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

DEAD = 1e-6  # a feature whose SD is below this share of its mean is constant, apart from float32 rounding


class Head(keras.layers.Layer):
    """Linear layer on standardized features: ``((features - mean) / sd) * kept @ kernel + bias``.

    ``mean`` and ``sd`` (C,) are fixed weights; ``kernel`` (C, num_classes) and ``bias`` (num_classes,) are trained.
    A constant feature (``sd`` 0) becomes 0. Everything is float32, whatever the precision of the backbone.
    """

    def __init__(self, num_features: int, num_classes: int, name: str = "head") -> None:
        """Make a head that does not standardize and returns 0 until ``reset``."""
        super().__init__(name=name, dtype="float32")
        self.mean = self.add_weight(shape=(num_features,), initializer="zeros", trainable=False, name="mean")
        self.sd = self.add_weight(shape=(num_features,), initializer="ones", trainable=False, name="sd")
        self.kernel = self.add_weight(shape=(num_features, num_classes), initializer="zeros", name="kernel")
        self.bias = self.add_weight(shape=(num_classes,), initializer="zeros", name="bias")
        self.built = True

    def reset(self, kernel: np.ndarray, bias: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> None:
        """Set the weights: shapes (C, num_classes), (num_classes,), (C,), (C,)."""
        constant = np.asarray(sd) <= DEAD * np.abs(mean)
        self.kernel.assign(kernel)
        self.bias.assign(bias)
        self.mean.assign(mean)
        self.sd.assign(np.where(constant, 0.0, sd))

    def call(self, features: Any, kept: Any = None) -> Any:
        """Return logits (B, num_classes) from features (B, C).

        ``kept`` (B, C) is the dropout mask: 0, or 1 / (1 - dropout rate).
        """
        sd = keras.ops.convert_to_tensor(self.sd)
        alive = sd > 0
        standardized = (features - self.mean) / keras.ops.where(alive, sd, 1.0)
        standardized = keras.ops.where(alive, standardized, 0.0)  # (B, C)
        dropped = standardized if kept is None else standardized * kept
        return keras.ops.matmul(dropped, self.kernel) + self.bias
