"""A copy of a backbone whose layers are those that ``training`` needs."""

from __future__ import annotations

from functools import partial

import keras

from radtl_tf.training.layers.batch_norm import FusedBatchNormalization
from radtl_tf.training.layers.stochastic_depth import StochasticDepth, drops_images


def training_copy(base: keras.Model, *, fused: bool = True) -> keras.Model:
    """Return a copy of ``base`` with its weights, in which random numbers are given and batch norms are fused.

    Without ``fused``, batch norms stay Keras' own, and a model without stochastic depth is returned as it is.

    Raises:
        ValueError: the model draws random numbers of another kind.
    """
    if not fused and not any(map(drops_images, base.layers)):
        return base
    copy = keras.models.clone_model(base, clone_function=partial(_copied, fused))
    copy.set_weights(base.get_weights())
    return copy


def _copied(fused: bool, layer: keras.Layer) -> keras.Layer:
    if isinstance(layer, keras.layers.Dropout) and not drops_images(layer):
        raise ValueError(f"{layer.name} drops single values, so a run with it would not give the same numbers again")
    return _kind(fused, layer).from_config(layer.get_config())


def _kind(fused: bool, layer: keras.Layer) -> type[keras.Layer]:
    if drops_images(layer):
        return StochasticDepth
    is_norm = isinstance(layer, keras.layers.BatchNormalization) and layer.axis in (-1, 3)
    return FusedBatchNormalization if fused and is_norm else type(layer)
