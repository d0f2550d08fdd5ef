"""The parts of Grad-CAM that need no gradient: the feature map, the formula, and the layers to randomize in a test."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from radtl_tf.models.cka import stages
from radtl_tf.models.plain_graph import global_average

EVERYTHING = "all layers"
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Step:
    """Layers that are randomized in one step; ``name`` says down to which layer everything is random after it."""

    name: str
    layers: tuple[keras.Layer, ...]


def opened(base: keras.Model) -> keras.Model:
    """Return a model with the weights of ``base`` from images (B, H, W, 3) to its last feature map (B, h, w, C).

    Raises:
        ValueError: ``base`` has no global average of a feature map.
    """
    return keras.Model(base.input, base.layers[_average(base)].input)


def after_average(base: keras.Model) -> list[keras.Layer]:
    """Return the layers that make features (B, C) from the averages (B, C) of the last feature map, in order.

    Most backbones have none; ConvNeXt normalizes the averages.

    Raises:
        ValueError: ``base`` has no global average of a feature map.
    """
    return list(base.layers[_average(base) + 1 :])


def _average(base: keras.Model) -> int:
    place = global_average(base.layers)
    if place is None:
        raise ValueError(f"{base.name} ends with {type(base.layers[-1]).__name__}, without a global average")
    return place


def class_map(activations: Array, gradients: Array) -> Array:
    """Return maps (B, h, w), at least 0, from a feature map (B, h, w, C) and the gradient of the score.

    Each channel is weighted by the mean of its gradient over the map; negative values, which are evidence against the
    class, are set to 0 (Selvaraju et al. 2017, equations 1 and 2).
    """
    shares = gradients.mean(axis=(1, 2), keepdims=True, dtype=np.float64)  # (B, 1, 1, C)
    return np.maximum((shares * activations).sum(axis=-1), 0).astype(np.float32)


def scaled(maps: Array) -> tuple[Array, Array]:
    """Return maps (B, h, w) divided by their maxima, so 0..1, and the maxima (B,); an empty map stays empty."""
    maxima: Array = maps.max(axis=(1, 2))
    return (maps / np.where(maxima > 0, maxima, 1)[:, None, None]).astype(np.float32), maxima


def descent(base: keras.Model) -> list[Step]:
    """Return the layers with weights in the order of randomization: from the top down, in stages."""
    last = len(base.layers) - 1
    found = stages(base)[:-1]  # without the pooled features, which are the top
    places = [round(stage.depth * last) for stage in found]
    names = [EVERYTHING, *(f"down to {stage.layer}" for stage in found)]
    parts = [base.layers[low + 1 : high + 1] for low, high in zip([-1, *places], [*places, last], strict=True)]
    steps = (
        Step(name, tuple(layer for layer in part if layer.weights)) for name, part in zip(names, parts, strict=True)
    )
    return [step for step in reversed(list(steps)) if step.layers]
