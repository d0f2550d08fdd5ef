"""The convolutional networks that an experiment can use, one row of ``BACKBONES`` each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np

from radtl_tf.errors import ExperimentError, nearest
from radtl_tf.models.torch_graphs import inception_v3_torch, resnet50_torch


@dataclass(frozen=True)
class Backbone:
    """A convolutional network without its top.

    ``pixels`` is the pixel convention of its ImageNet weights, ``min_size`` the smallest image side in pixels.
    ``stable_names``: layer names are the same in every build (the Inceptions number theirs automatically).
    ``num_layers`` counts the layers with weights; it is used to recognize files (0: unknown). MobileNet050 and
    MobileNet025 are MobileNets with half and a quarter of the channels (Keras' ``alpha``).
    """

    name: str
    application: Callable[..., keras.Model]
    pixels: str
    min_size: int
    stable_names: bool
    num_layers: int = 0


_ROWS = (
    Backbone("ResNet50", keras.applications.ResNet50, "caffe", 32, True, 106),
    Backbone("DenseNet121", keras.applications.DenseNet121, "torch", 32, True, 241),
    Backbone("InceptionV3", keras.applications.InceptionV3, "tf", 75, False, 188),
    Backbone("InceptionResNetV2", keras.applications.InceptionResNetV2, "tf", 75, False, 448),
    Backbone("MobileNet", keras.applications.MobileNet, "tf", 32, True, 54),
    Backbone("MobileNet050", partial(keras.applications.MobileNet, alpha=0.5), "tf", 32, True, 54),
    Backbone("MobileNet025", partial(keras.applications.MobileNet, alpha=0.25), "tf", 32, True, 54),
    Backbone("MobileNetV2", keras.applications.MobileNetV2, "tf", 32, True, 104),
    Backbone("ResNet50Torch", resnet50_torch, "torch", 32, True, 106),
    Backbone("InceptionV3Torch", inception_v3_torch, "tf", 75, True, 188),
)
BACKBONES = {row.name: row for row in _ROWS}


def backbone(name: str) -> Backbone:
    """Return the row called ``name``.

    Raises:
        ExperimentError: there is no such row.
    """
    if name not in BACKBONES:
        raise ExperimentError(
            f"Unknown backbone {name!r}{nearest(name, BACKBONES)}: use one of {', '.join(BACKBONES)}."
        )
    return BACKBONES[name]


def check_image_size(name: str, image_size: int) -> Backbone:
    """Return the row called ``name`` if its network accepts images of ``image_size`` px.

    Raises:
        ExperimentError: unknown backbone, or images too small for it.
    """
    row = backbone(name)
    if image_size < row.min_size:
        raise ExperimentError(f"{name} needs images of at least {row.min_size} px, not {image_size}: raise image_size.")
    return row


def build_base(name: str, image_size: int, seed: int) -> keras.Model:
    """Return the backbone, average-pooled, for images (B, image_size, image_size, 3), with random weights.

    The weights depend only on (name, image_size, seed), bit for bit, whatever was built before.

    Raises:
        ExperimentError: unknown backbone, or images smaller than it can take.
    """
    row = check_image_size(name, image_size)
    shape = (image_size, image_size, 3)
    base = row.application(include_top=False, pooling="avg", weights=None, input_shape=shape)
    draw_weights(base, seed)
    return base


def draw_weights(base: keras.Model, seed: int, only: Collection[keras.Layer] | None = None) -> None:
    """Draw every weight (of the layers ``only``, if given) with its layer's initializer.

    The numbers depend only on ``seed`` and the weight's position in ``base``.
    """
    places = [(layer, variable) for layer in base.layers for variable in layer.weights]
    seeds = np.random.default_rng(seed).integers(1, 2**31, size=len(places))
    for (layer, variable), number in zip(places, seeds, strict=True):
        if only is not None and layer not in only:
            continue
        initializer = _initializer(layer, variable.name)
        config = initializer.get_config()
        fresh = initializer.from_config({**config, "seed": int(number)}) if "seed" in config else initializer
        variable.assign(fresh(variable.shape, dtype=variable.dtype))


def _initializer(layer: keras.Layer, weight: str) -> keras.Initializer:
    """Return the initializer of a weight, found by Keras' naming (``depthwise_initializer`` for a depthwise kernel)."""
    words = (weight, weight.removesuffix("_kernel"), "depthwise" if weight == "kernel" else weight)
    found = (getattr(layer, f"{word}_initializer", None) for word in words)
    return next(initializer for initializer in found if initializer is not None)
