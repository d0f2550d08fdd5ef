"""Read DINOv2's weights from a safetensors file of Hugging Face into the layers of ``models.vit``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import WeightsError
from radtl_tf.models.backbones import Backbone
from radtl_tf.models.vit import MLP_RATIO, Transformer
from radtl_tf.models.weights.file import Report, WeightFile, read_weights
from radtl_tf.models.weights.guarded_process import read_apart
from radtl_tf.models.weights.preset_folder import preset_weights, trained_grid
from radtl_tf.models.weights.pytorch import check_outside
from radtl_tf.models.weights.schema import LayerSchema, Schema, Shape

Values = list[NDArray[np.float32]]

_CUBIC = -0.75  # the parameter a of PyTorch's bicubic interpolation (Keys 1981, equation 4)


def read_start(path: Path, base: keras.Model, *, backbone: Backbone, sha256: str | None = None) -> WeightFile:
    """Verify weights and read all of them, without assigning: an ``.h5`` file, or the folder of a vision transformer.

    The folder may be given, or the weights file in it. The arguments are those of ``read_weights``.

    Raises:
        WeightsError: as ``read_weights``.
    """
    if backbone.transformer is None:
        return read_weights(path, base, backbone=backbone, sha256=sha256)
    folder = path.parent if path.is_file() else path
    return _read_preset(folder, base, backbone, backbone.transformer)


def _read_preset(folder: Path, base: keras.Model, backbone: Backbone, size: Transformer) -> WeightFile:
    """Read a folder in a separate process with limits; the positions are resized to the grid of ``base``."""
    path, grid = preset_weights(folder, backbone, size), trained_grid(folder, backbone, size)
    try:
        schema = transformer_schema(backbone.name, size, grid)
        sha256 = check_outside(path, schema)
        contents = read_apart(path, schema, "safetensors")
    except WeightsError as error:
        raise WeightsError(f"Weights file {path} {error}") from None
    record = {key: value for key, value in vars(contents).items() if key != "values"}
    return WeightFile(Report(file=path.name, sha256=sha256, **record), _converted(contents.values, base))


def transformer_schema(name: str, size: Transformer, grid: int) -> Schema:
    """Return the required contents of a file of ``transformers``, in the order of the weights of ``models.vit``.

    ``grid`` is the number of patches on a side in pre-training.
    """
    width, side = size.width, size.patch
    first = (("cls_token", (1, 1, width)), ("position_embeddings", (1, grid * grid + 1, width)))
    patches = (("weight", (width, 3, side, side)), ("bias", (width,)))
    layers = [
        LayerSchema("embeddings", "", first),
        LayerSchema("embeddings.patch_embeddings.projection", "", patches),
        *(layer for number in range(size.depth) for layer in _block(f"encoder.layer.{number}", width)),
        LayerSchema("layernorm", "", _tensors((width,))),
    ]
    return Schema(name, False, tuple(layers), {})


def _block(prefix: str, width: int) -> Iterator[LayerSchema]:
    square, wide = (width, width), MLP_RATIO * width
    attention = [f"attention.attention.{name}" for name in ("query", "key", "value")]
    dense = {"mlp.fc1": (wide, width), "mlp.fc2": (width, wide)}
    yield LayerSchema(f"{prefix}.norm1", "", _tensors((width,)))
    yield from (
        LayerSchema(f"{prefix}.{name}", "", _tensors(square)) for name in (*attention, "attention.output.dense")
    )
    yield LayerSchema(f"{prefix}.layer_scale1", "", (("lambda1", (width,)),))
    yield LayerSchema(f"{prefix}.norm2", "", _tensors((width,)))
    yield from (LayerSchema(f"{prefix}.{name}", "", _tensors(shape)) for name, shape in dense.items())
    yield LayerSchema(f"{prefix}.layer_scale2", "", (("lambda1", (width,)),))


def _tensors(shape: Shape) -> tuple[tuple[str, Shape], ...]:
    return ("weight", shape), ("bias", shape[:1])


def _converted(values: Sequence[NDArray[np.float32]], base: keras.Model) -> Values:
    """Return the tensors of a file, in the order of its schema, as the weights of ``base``.

    The bias of the first layer is the sum of all that ``transformers`` adds to a token there.
    """
    class_token, positions, kernel, bias, *others = values
    patch, (_, height, width, _) = kernel.shape[-1], base.input_shape
    of_class, of_patches = positions[0, :1], resized_positions(positions[0, 1:], height // patch, width // patch)
    added = np.concatenate([class_token[0] + of_class, bias + of_patches])  # (T, C)
    first = [kernel.transpose(2, 3, 1, 0).reshape(-1, kernel.shape[0]), added]
    pairs = zip(others, base.weights[len(first) :], strict=True)
    turned = [(value.T if value.ndim == 2 else value).reshape(weight.shape) for value, weight in pairs]
    return [np.ascontiguousarray(value) for value in (*first, *turned)]


def resized_positions(positions: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """Return positions (rows * columns, C) for a grid of patches from those of pre-training (n * n, C).

    This is PyTorch's ``interpolate(mode="bicubic", align_corners=False)`` without antialiasing, as ``transformers``
    calls it.
    """
    side = round(len(positions) ** 0.5)
    if (rows, columns) == (side, side):
        return positions
    squares = positions.reshape(side, side, -1).astype(np.float64)
    found = np.einsum("ai,bj,ijc->abc", _bicubic(side, rows), _bicubic(side, columns), squares, optimize=True)
    return found.reshape(rows * columns, -1).astype(np.float32)


def _bicubic(old: int, new: int) -> NDArray[np.float64]:
    """Return the matrix (new, old) that resizes a row; beyond the border the last value is repeated."""
    matrix = np.zeros((new, old))
    centers = (np.arange(new) + 0.5) * old / new - 0.5
    start = np.floor(centers).astype(int)
    for step in range(-1, 3):
        places = start + step
        np.add.at(matrix, (np.arange(new), places.clip(0, old - 1)), _kernel(np.abs(centers - places)))
    return matrix


def _kernel(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of a value at a distance of 0..2 (Keys 1981, "Cubic convolution interpolation", equation 4)."""
    near = ((_CUBIC + 2) * distance - (_CUBIC + 3)) * distance**2 + 1
    far = ((distance - 5) * distance + 8) * distance * _CUBIC - 4 * _CUBIC
    return np.where(distance <= 1, near, far)
