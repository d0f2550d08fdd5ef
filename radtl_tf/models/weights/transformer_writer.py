"""Write the weights of a vision transformer as a safetensors file that ``transformers`` and this package read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from radtl_tf.models.vit import PATCHES, Transformer
from radtl_tf.models.weights.schema import Shape
from radtl_tf.models.weights.transformer_weights import transformer_schema
from radtl_tf.records.disk import temporary_file


def write_transformer(path: Path, base: keras.Model, size: Transformer) -> None:
    """Write the weights of ``base``, whose images are square, with the names of ``transformers``' ``Dinov2Model``.

    One bias of ``base`` holds class token, positions and the bias of the patches. The file has the class token with its
    position as ``cls_token``, the sum of position and bias of each patch as its position, and a bias of 0. Resizing to
    another grid gives the same as with the original parts, because the weights of the interpolation add up to 1.

    Raises:
        OutputError: the folder cannot be written or the disk is full.
    """
    grid = round((base.get_layer(PATCHES).bias.shape[0] - 1) ** 0.5)
    schema = transformer_schema("", size, grid)
    shapes = [(f"{layer.name}.{name}", shape) for layer in schema.layers for name, shape in layer.tensors]
    tensors = {
        name: np.ascontiguousarray(value) for (name, _), value in zip(shapes, _tensors(base, shapes), strict=True)
    }
    with temporary_file(path) as temporary:
        save_file(tensors, temporary, metadata={"format": "pt"})


def _tensors(base: keras.Model, shapes: list[tuple[str, Shape]]) -> Iterator[NDArray[np.float32]]:
    """Yield the weights of ``base`` in the order and with the shapes of the file."""
    kernel, added, *others = (keras.ops.convert_to_numpy(weight) for weight in base.weights)
    (_, of_class), (_, of_positions), (_, of_kernel), (_, of_bias), *rest = shapes
    width, channels, side, _ = of_kernel
    yield added[:1].reshape(of_class)
    yield np.concatenate([np.zeros_like(added[:1]), added[1:]]).reshape(of_positions)
    yield kernel.reshape(side, side, channels, width).transpose(3, 2, 0, 1)
    yield np.zeros(of_bias, np.float32)
    for value, (_, shape) in zip(others, rest, strict=True):
        yield value.reshape(shape[::-1]).T
