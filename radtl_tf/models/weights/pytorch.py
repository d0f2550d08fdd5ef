"""PyTorch's weights files: read a safetensors file of torchvision's or timm's layout for a backbone of the table."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from radtl_tf.errors import WeightsError
from radtl_tf.models.backbones import Backbone
from radtl_tf.models.weights.catalogue import known_sum
from radtl_tf.models.weights.file import Report, WeightFile, schema_of
from radtl_tf.models.weights.guarded_process import read_apart
from radtl_tf.models.weights.pytorch_names import MODULES, TWINS
from radtl_tf.models.weights.pytorch_reader import header_length
from radtl_tf.models.weights.schema import LayerSchema, Schema, Shape, refusal

_MAX_BYTES = 2 * 2**30  # VGG16 with its head has 0.6 GB, twice that as float64
_PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")
_SAVE = (
    "state = torch.load({old!r}, map_location='cpu', weights_only=True); "
    "safetensors.torch.save_file({{name: value.contiguous().clone() for name, value in state.items()}}, {new!r})"
)
_TENSORS = {  # Keras' name of a weight -> PyTorch's
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def refuse_pickle(path: Path) -> None:
    """Refuse a pickle, known by its suffix or its first bytes, without opening it.

    Raises:
        WeightsError: it is one; the message has the two lines of PyTorch that save it as safetensors.
    """
    if path.suffix.lower() not in _PICKLES and not _starts_as_pickle(path):
        return
    lines = _SAVE.format(old=path.name, new=f"{path.stem}.safetensors")
    error = refusal(
        "pickle", f"opening a pickle runs what is in it. If you trust it, save it as safetensors with PyTorch: {lines}"
    )
    raise WeightsError(f"Weights file {path} {error}")


def _starts_as_pickle(path: Path) -> bool:
    start = _start(path)
    return start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")  # the protocols since 2003


def is_safetensors(path: Path) -> bool:
    """Return whether a file has the suffix of safetensors, or begins like one."""
    return path.suffix.lower() == ".safetensors" or header_length(_start(path)) is not None


def _start(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(9)


def read_pytorch(path: Path, base: keras.Model, *, backbone: Backbone) -> WeightFile:
    """Verify a safetensors file and read the weights of ``base`` from it, in a separate process with limits.

    Kernels (O, I, H, W) become (H, W, I, O); everything else keeps its numbers. Nothing is assigned.

    Raises:
        WeightsError: the backbone has another graph than PyTorch's, or the file is not complete, finite, safe to read
            and of this backbone.
    """
    try:
        schema = pytorch_schema(base, backbone)
        sha256 = check_outside(path, schema)
        contents = read_apart(path, schema, "safetensors")
    except WeightsError as error:
        raise WeightsError(f"Weights file {path} {error}") from None
    record = {key: value for key, value in vars(contents).items() if key != "values"}
    values = [np.ascontiguousarray(v.transpose(2, 3, 1, 0)) if v.ndim == 4 else v for v in contents.values]
    return WeightFile(Report(file=path.name, sha256=sha256, **record), values)


def pytorch_schema(base: keras.Model, backbone: Backbone) -> Schema:
    """Return the required contents of a PyTorch file for ``base``, in the order of its weights.

    Raises:
        WeightsError: PyTorch trains another graph, or its layout of this backbone is not known.
    """
    own = schema_of(base, backbone)
    if backbone.name in TWINS:
        twin = TWINS[backbone.name]
        raise refusal(
            "backbone",
            f"PyTorch's weights belong to another graph than Keras' {backbone.name}, which would compute other "
            f"features with them. Use the backbone {twin}.",
        )
    if backbone.name not in MODULES:
        raise refusal(
            "backbone", f"the PyTorch layout of {backbone.name} is not known. It is known of {', '.join(MODULES)}."
        )
    module = MODULES[backbone.name]
    layers = tuple(
        LayerSchema(module(layer.name), layer.kind, tuple(_tensor(name, shape) for name, shape in layer.tensors))
        for layer in own.layers
    )
    return Schema(backbone.name, False, layers, {})


def _tensor(name: str, shape: Shape) -> tuple[str, Shape]:
    """Return PyTorch's name and shape of a weight; kernels are (O, I, H, W) there."""
    return _TENSORS[name], (shape[3], shape[2], shape[0], shape[1]) if len(shape) == 4 else shape


def check_outside(path: Path, schema: Schema) -> str:
    """Check the size and the first bytes of a safetensors file, and return its sha256.

    Raises:
        WeightsError: it is missing, too large, or something else.
    """
    if not path.is_file():
        raise refusal("missing", "the file does not exist. Correct the path.")
    if path.stat().st_size > _MAX_BYTES:
        raise refusal(
            "size", f"it has {path.stat().st_size:,} bytes; {schema.backbone} needs less than {_MAX_BYTES:,}."
        )
    if header_length(_start(path)) is None:
        start = ascii(_start(path)[:8])[1:]
        raise refusal("not safetensors", f"it starts with {start}." if path.stat().st_size else "it is empty.")
    return known_sum(path)
