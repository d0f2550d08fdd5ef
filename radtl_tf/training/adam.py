"""Adam, the optimizer of all training, and its constants."""

from __future__ import annotations

import keras

# As published and as in Keras (Kingma & Ba 2015, with epsilon outside of the bias correction).
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


def adam() -> keras.optimizers.Optimizer:
    """Return a new Adam optimizer, with loss scaling for float16, whose gradients would underflow without it."""
    optimizer = keras.optimizers.Adam(beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON)
    half = keras.config.dtype_policy().name == "mixed_float16"
    return keras.optimizers.LossScaleOptimizer(optimizer) if half else optimizer
