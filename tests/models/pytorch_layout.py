"""Keras' ResNet50 in the layout of PyTorch's state dict, and back; tests run this file by path."""

from __future__ import annotations

import runpy
from pathlib import Path

import keras
import numpy as np

_NAMES: dict[str, str] = runpy.run_path(str(Path(__file__).with_name("pytorch_oracle.py")))["keras_names"]()


def to_state(base: keras.Model) -> dict[str, np.ndarray]:
    """Return Keras' ResNet50 as a state dict: PyTorch has no bias in a convolution, so the mean behind it takes it."""
    state = {}
    for layer in base.layers:
        values = [keras.ops.convert_to_numpy(weight) for weight in layer.weights]
        if isinstance(layer, keras.layers.Conv2D):
            state[f"{_NAMES[layer.name]}.weight"] = np.ascontiguousarray(values[0].transpose(3, 2, 0, 1))
        elif values:
            bias = keras.ops.convert_to_numpy(base.get_layer(f"{layer.name.removesuffix('bn')}conv").bias)
            tensors = {"weight": values[0], "bias": values[1], "running_mean": values[2] - bias}
            state |= {f"{_NAMES[layer.name]}.{key}": value for key, value in tensors.items()}
            state[f"{_NAMES[layer.name]}.running_var"] = values[3]
    return state


def from_torch(torch: keras.Model, base: keras.Model) -> None:
    """Give Keras' ResNet50 ``base`` the numbers of a ``ResNet50Torch``; its biases become 0."""
    for theirs, ours in _NAMES.items():
        values, layer = torch.get_layer(ours).get_weights(), base.get_layer(theirs)
        bias = [np.zeros_like(value) for value in layer.get_weights()[1:2]]
        layer.set_weights([*values, *bias] if theirs.endswith("conv") else values)
