"""Fold batch norms into the layers before them, in a network that only predicts.

A frozen batch norm multiplies each channel by a number and adds another one. If the layer before it is linear, its
kernel and bias can do both: docs/decisions/0027-folded-prefix.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Layers = Mapping[keras.layers.Layer, keras.layers.Layer]
ValueOf = Callable[[keras.Variable], NDArray[np.floating]]

_LINEAR = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense)


class Folded:
    """A copy of a network for prediction, without the batch norms that ``foldable`` returns.

    Its features differ from those of the original by rounding: by less than 2e-6 of their range in float32.

    Attributes:
        model: the copy, with weights of its own; its inputs and outputs have the structure of the original.
    """

    def __init__(self, original: keras.Model) -> None:
        """Copy ``original``, a functional model that calls each layer once; the copy gets weights from ``refresh``."""
        self._norms = foldable(original)
        self._copies: dict[keras.layers.Layer, keras.layers.Layer] = {}
        dropped = set(self._norms.values())
        placeholders = {norm: keras.layers.Identity() for norm in dropped}
        skipped = set(placeholders.values())
        self.model = keras.models.clone_model(
            original,
            clone_function=lambda layer: placeholders.get(layer) or self._copied(layer),
            call_function=lambda layer, *inputs, **options: (
                inputs[0] if layer in skipped else layer(*inputs, **options)
            ),
        )
        self.model.trainable = False

    def refresh(self, value_of: ValueOf = keras.ops.convert_to_numpy) -> None:
        """Take the weights of the original; ``value_of`` returns the value of each, by default the present one."""
        for layer, copy in self._copies.items():
            norm = self._norms.get(layer)
            if norm:
                copy.set_weights(_folded_weights(layer, norm, value_of))
            elif layer.weights:
                copy.set_weights([value_of(weight) for weight in layer.weights])

    def _copied(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        """Return a layer whose weights will be zeros, which need no time to draw."""
        config = {key: "zeros" if key.endswith("_initializer") else value for key, value in layer.get_config().items()}
        if layer in self._norms:
            config["use_bias"] = True
        self._copies[layer] = type(layer).from_config(config)
        return self._copies[layer]


def folded(original: keras.Model) -> keras.Model:
    """Return ``Folded.model`` with the present weights of ``original``."""
    result = Folded(original)
    result.refresh()
    return result.model


def foldable(model: keras.Model) -> Layers:
    """Return the layers that a batch norm directly follows and nothing else reads, each with its batch norm.

    The layers are those of ``model`` whose outputs are linear in their weights: convolutions, depthwise convolutions
    and dense layers without activation.
    """
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    if any(isinstance(layer, keras.Model) for layer in layers):
        return {}  # the inputs of an inner model are not those that it gets here
    readers = Counter(id(tensor) for layer in layers for tensor in keras.tree.flatten(layer.input))
    readers.update(map(id, keras.tree.flatten(model.outputs)))
    linear = {id(layer.output): layer for layer in layers if _is_linear(layer)}
    norms = (layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization))
    pairs = ((linear[id(norm.input)], norm) for norm in norms if id(norm.input) in linear)
    return {layer: norm for layer, norm in pairs if readers[id(norm.input)] == 1 and _is_per_channel(norm)}


def _is_linear(layer: keras.layers.Layer) -> bool:
    """Tell whether the layer is linear, with its channels last; a subclass may compute something else."""
    last = getattr(layer, "data_format", "channels_last") == "channels_last"
    return type(layer) in _LINEAR and layer.activation is keras.activations.linear and last


def _is_per_channel(norm: keras.layers.BatchNormalization) -> bool:
    return norm.axis in (-1, len(norm.input.shape) - 1)


def _folded_weights(layer: Any, norm: Any, value_of: ValueOf) -> list[NDArray[np.floating]]:
    """Return kernel and bias (C,) of a linear layer that includes the batch norm after it.

    For W x + b, mean m, variance v, scale g and shift h of the batch norm, with s = g / sqrt(v + epsilon), they are
    s W and s (b - m) + h (Jacob et al. 2018, "Quantization and training of neural networks", section 3.2).
    """

    def numbers(weight: keras.Variable) -> NDArray[np.float64]:
        return value_of(weight).astype(np.float64)

    mean, variance = numbers(norm.moving_mean), numbers(norm.moving_variance)
    scale = (numbers(norm.gamma) if norm.scale else 1.0) / np.sqrt(variance + norm.epsilon)
    shift = numbers(norm.beta) if norm.center else 0.0
    bias = numbers(layer.bias) if layer.use_bias else 0.0
    kernel = value_of(layer.kernel)
    channels = kernel.shape[-2:] if isinstance(layer, keras.layers.DepthwiseConv2D) else kernel.shape[-1:]
    folded = kernel * scale.reshape(channels), scale * (bias - mean) + shift
    return [one.astype(kernel.dtype) for one in folded]
