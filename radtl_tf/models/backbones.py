"""The networks that an experiment can use, one row of ``BACKBONES`` each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import ExperimentError, nearest
from radtl_tf.models.plain_graph import number_from_zero, plain_graph
from radtl_tf.models.torch_graphs import inception_v3_torch, resnet50_torch
from radtl_tf.models.vit import Pooling, Transformer, vision_transformer
from radtl_tf.records.image_size import sides


@dataclass(frozen=True)
class Backbone:
    """A network without its top.

    ``pixels`` is the pixel convention of its ImageNet weights, ``min_size`` the smallest image side in pixels.
    ``stable_names``: Keras gives every layer with weights a name; if not, it numbers some of them automatically, and a
    file may have other numbers. ``num_layers`` counts the layers with weights; it is used to recognize files (0:
    unknown). MobileNet050 and MobileNet025 are MobileNets with half and a quarter of the channels (Keras' ``alpha``).
    ``normalizes``: its files begin with a normalization of the pixels, which is part of the pixel convention here.
    ``transformer`` is the size of a vision transformer, whose weights come from a folder of Hugging Face, or ``None``
    for a convolutional network.
    """

    name: str
    application: Callable[..., keras.Model]
    pixels: str
    min_size: int
    stable_names: bool
    num_layers: int = 0
    normalizes: bool = False
    transformer: Transformer | None = None


def transformer_row(name: str, size: Transformer) -> Backbone:
    """Return the row of a vision transformer; the smallest image has three patches on each side."""
    num_layers = 7 * size.depth + 2  # with weights: seven in each block, the patches and the last norm
    build = partial(vision_transformer, size)
    return Backbone(name, build, "torch", 3 * size.patch, True, num_layers, transformer=size)


def transformer_rows(name: str, size: Transformer) -> list[Backbone]:
    """Return a row per pooling of a vision transformer: ``name`` (class token), ``nameMean`` and ``nameBoth``."""
    poolings: dict[str, Pooling] = {name: "class_token", f"{name}Mean": "mean", f"{name}Both": "both"}
    return [transformer_row(key, replace(size, pooling=pooling)) for key, pooling in poolings.items()]


_APPS = keras.applications
_ROWS = (
    Backbone("ResNet50", _APPS.ResNet50, "caffe", 32, True, 106),
    Backbone("DenseNet121", _APPS.DenseNet121, "torch", 32, True, 241),
    Backbone("InceptionV3", _APPS.InceptionV3, "tf", 75, False, 188),
    Backbone("InceptionResNetV2", _APPS.InceptionResNetV2, "tf", 75, False, 448),
    Backbone("MobileNet", _APPS.MobileNet, "tf", 32, True, 54),
    Backbone("MobileNet050", partial(_APPS.MobileNet, alpha=0.5), "tf", 32, True, 54),
    Backbone("MobileNet025", partial(_APPS.MobileNet, alpha=0.25), "tf", 32, True, 54),
    Backbone("MobileNetV2", _APPS.MobileNetV2, "tf", 32, True, 104),
    Backbone("ConvNeXtTiny", partial(_APPS.ConvNeXtTiny, include_preprocessing=False), "torch", 32, False, 99),
    Backbone("ConvNeXtBase", partial(_APPS.ConvNeXtBase, include_preprocessing=False), "torch", 32, False, 189),
    Backbone("EfficientNetV2B0", partial(_APPS.EfficientNetV2B0, include_preprocessing=False), "torch", 32, True, 150),
    Backbone("EfficientNetV2S", partial(_APPS.EfficientNetV2S, include_preprocessing=False), "tf128", 32, True, 280),
    Backbone("EfficientNetB0", _APPS.EfficientNetB0, "torch", 32, True, 130, normalizes=True),
    Backbone("ResNet50V2", _APPS.ResNet50V2, "tf", 32, True, 102),
    Backbone("VGG16", _APPS.VGG16, "caffe", 32, True, 13),
    Backbone("Xception", _APPS.Xception, "tf", 71, False, 80),
    Backbone("ResNet50Torch", resnet50_torch, "torch", 32, True, 106),
    Backbone("InceptionV3Torch", inception_v3_torch, "tf", 75, True, 188),
    *transformer_rows("DINOv2Small", Transformer(width=384, depth=12, heads=6)),
    *transformer_rows("DINOv2Base", Transformer(width=768, depth=12, heads=12)),
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


def check_image_size(name: str, image_size: int | str) -> Backbone:
    """Return the row called ``name`` if its network accepts images of this size.

    Raises:
        ExperimentError: unknown backbone, images too small for it, or a size that its patches do not divide.
    """
    row = backbone(name)
    if min(sides(image_size)) < row.min_size:
        raise ExperimentError(f"{name} needs images of at least {row.min_size} px, not {image_size}: raise image_size.")
    if row.transformer:
        _check_patches(row.transformer.patch, name, image_size)
    return row


def _check_patches(patch: int, name: str, image_size: int | str) -> None:
    """Refuse a size that patches of ``patch`` px do not divide."""
    below = [side // patch * patch for side in sides(image_size)]
    if below != [*sides(image_size)]:
        near = [below, [low + patch for low in below]]
        raise ExperimentError(
            f"{name} cuts images into patches of {patch} px, which do not divide image_size = {image_size}: "
            f"use {' or '.join(_short(pair, image_size) for pair in near)}."
        )


def _short(pair: list[int], image_size: int | str) -> str:
    return str(pair[0]) if isinstance(image_size, int) else f'"{pair[0]}x{pair[1]}"'


def build_base(name: str, image_size: int | str, seed: int) -> keras.Model:
    """Return the backbone, with its pooling, for images (B, H, W, 3) of this size, with random weights.

    The weights depend only on (name, image_size, seed), bit for bit, whatever was built before.

    Raises:
        ExperimentError: as ``check_image_size``.
    """
    row = check_image_size(name, image_size)
    base = network(row, image_size)
    draw_weights(base, seed)
    return base


def network(row: Backbone, image_size: int | str, weights: str | None = None) -> keras.Model:
    """Return the network of a row as a plain graph with stable names; ``weights="imagenet"`` lets Keras download them.

    All layers of the graph are in ``layers``; the input is in the pixel convention of the weights.
    """
    shape = (*sides(image_size), 3)
    base = plain_graph(row.application(include_top=False, pooling="avg", weights=weights, input_shape=shape))
    number_from_zero(base)
    return base


def draw_weights(base: keras.Model, seed: int, only: Collection[keras.Layer] | None = None) -> None:
    """Draw every weight (of the layers ``only``, if given) with its layer's initializer.

    The numbers depend only on ``seed`` and the weight's position in ``base``.
    """
    for variable, value in _drawn(base, seed, only):
        variable.assign(value)


def drawn_weights(base: keras.Model, seed: int) -> list[NDArray[np.float32]]:
    """Return the values that ``draw_weights`` assigns to ``base.weights``, in order; ``base`` stays as it is."""
    return [keras.ops.convert_to_numpy(value) for _, value in _drawn(base, seed)]


def _drawn(
    base: keras.Model, seed: int, only: Collection[keras.Layer] | None = None
) -> Iterator[tuple[keras.Variable, Any]]:
    """Yield the variables, each with a tensor drawn for it."""
    places = [(layer, variable) for layer in base.layers for variable in layer.weights]
    seeds = np.random.default_rng(seed).integers(1, 2**31, size=len(places))
    for (layer, variable), number in zip(places, seeds, strict=True):
        if only is not None and layer not in only:
            continue
        initializer = _initializer(layer, variable.name)
        config = initializer.get_config()
        fresh = initializer.from_config({**config, "seed": int(number)}) if "seed" in config else initializer
        yield variable, fresh(variable.shape, dtype=variable.dtype)


def _initializer(layer: keras.Layer, weight: str) -> keras.Initializer:
    """Return the initializer of a weight, found by Keras' naming (``depthwise_initializer`` for a depthwise kernel)."""
    words = (weight, weight.removesuffix("_kernel"), "depthwise" if weight == "kernel" else weight)
    found = [getattr(layer, f"{word}_initializer", None) for word in words]
    if isinstance(layer, keras.layers.MultiHeadAttention):  # its weights belong to inner layers
        found.append(keras.initializers.get(layer.get_config()[f"{weight}_initializer"]))
    if hasattr(layer, "init_values"):  # the scale of a branch of ConvNeXt, which has no initializer of that name
        found.append(keras.initializers.Constant(layer.init_values))
    return next(initializer for initializer in found if initializer is not None)
