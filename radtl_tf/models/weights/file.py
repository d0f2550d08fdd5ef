"""Weights files (``.h5``): read an untrusted file safely, and write a file that Keras 2 and 3 load."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import keras
import numpy as np

from radtl_tf.errors import WeightsError
from radtl_tf.models.backbones import BACKBONES, Backbone
from radtl_tf.models.plain_graph import keras_kind
from radtl_tf.models.weights.catalogue import known_sum
from radtl_tf.models.weights.guarded_process import read_apart
from radtl_tf.models.weights.hdf5_in_memory import hdf5_file
from radtl_tf.models.weights.pytorch_reader import header_length
from radtl_tf.models.weights.reader import read
from radtl_tf.models.weights.schema import LayerSchema, Schema, refusal
from radtl_tf.records.disk import temporary_file

_MAX_COPIES = 8  # float64, plus an optimizer's two moments for each tensor
_SPARE_BYTES = 64 * 2**20  # a top, and the overhead of HDF5
_HINTS = (
    (b"<", "it looks like a web page, so the download failed"),
    (b"\x1f\x8b", "it looks like a gzip archive: unpack it"),
    (b"PK\x03\x04", "it looks like a zip archive (a .keras model, a PyTorch file or a packed download)"),
    (b"version https://git-lfs", "it is a git-LFS pointer: run `git lfs pull` where it came from"),
)
_SAFETENSORS = "it looks like a safetensors file of PyTorch: convert it to .h5 first (radtl weights convert)"


@dataclass(frozen=True)
class Report:
    """The contents of a file: the names of its layers, ``matched`` or ``left_over`` (the top), and warnings.

    No layer is missing, because such a file is refused. ``layout`` is ``model_weights``, ``root``, ``keras3``
    or ``pytorch``.
    """

    file: str
    sha256: str
    layout: str
    keras_version: str
    matched: tuple[str, ...]
    left_over: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class WeightFile:
    """A verified file: its report, and its float32 tensors in the order of ``base.weights``."""

    report: Report
    values: Sequence[np.ndarray]


def read_weights(path: Path, base: keras.Model, *, backbone: Backbone, sha256: str | None = None) -> WeightFile:
    """Verify a file against the variables of ``base`` and read all of it, without assigning it.

    With ``sha256``, the sum of a trusted file, it is read in this process; otherwise in a separate process with limits
    on memory and time.

    Raises:
        WeightsError: the file is not of this backbone, not complete, finite and safe to read, or has another sha256.
    """
    schema = schema_of(base, backbone)
    try:
        found = _check_outside(path, schema)
        if sha256 not in (None, found):
            raise refusal(
                "sha256",
                f"its sha256 is {found}, expected {sha256}: download it again, or declare it as your own weights.",
            )
        contents = (read if sha256 else read_apart)(path, schema)
    except WeightsError as error:
        raise WeightsError(f"Weights file {path} {error}") from None
    record = {key: value for key, value in vars(contents).items() if key != "values"}
    return WeightFile(Report(file=path.name, sha256=found, **record), contents.values)


def schema_of(base: keras.Model, backbone: Backbone) -> Schema:
    """Return the required contents of a file for ``base``: its layers with weights, in order."""
    layers = tuple(
        LayerSchema(
            layer.name,
            keras_kind(layer),
            tuple((_named(weight), tuple(weight.shape)) for weight in layer.weights),
        )
        for layer in base.layers
        if layer.weights
    )
    known = {row.name: row.num_layers for row in BACKBONES.values() if row.num_layers}
    return Schema(backbone.name, not backbone.stable_names, layers, known, backbone.normalizes)


def _named(weight: keras.Variable) -> str:
    """Return the name of a weight, or nothing if Keras has numbered it automatically."""
    return "" if re.fullmatch(r"variable(_\d+)?", weight.name) else weight.name


def _check_outside(path: Path, schema: Schema) -> str:
    """Check size and first bytes without HDF5, and return the sha256."""
    if not path.is_file():
        raise refusal("missing", "the file does not exist. Correct the path.")
    tensor_bytes = 4 * sum(math.prod(shape) for shape in schema.shapes)
    limit = _MAX_COPIES * tensor_bytes + _SPARE_BYTES
    if path.stat().st_size > limit:
        raise refusal("size", f"it has {path.stat().st_size:,} bytes; {schema.backbone} needs {tensor_bytes:,}.")
    with path.open("rb") as file:
        start = file.read(64)
    if not start.startswith(b"\x89HDF\r\n\x1a\n"):
        hints = (hint for magic, hint in _HINTS if start.startswith(magic))
        hint = "it is empty" if not start else next(hints, f"it starts with {ascii(start[:8])[1:]}")
        hint = _SAFETENSORS if header_length(start) is not None else hint
        raise refusal("not HDF5", f"{hint}.")
    return known_sum(path)


def write_weights(path: Path, base: keras.Model) -> None:
    """Write the weights of ``base`` as a Keras 2 "notop" file: tensors under ``model_weights``.

    ``load_weights`` of Keras 2 and 3, ``weights=`` of their applications and the published scripts can read it, except
    for ConvNeXt and EfficientNetB0, whose plain graphs differ from Keras' application. It gets its name only when it is
    complete.

    Raises:
        OutputError: the folder cannot be written or the disk is full.
    """
    with temporary_file(path) as temporary, hdf5_file(temporary) as file:
        _write(_group(file, "model_weights"), [layer for layer in base.layers if layer.weights])
        _stamp(file)


def _group(parent: h5py.Group, name: str) -> h5py.Group:
    """Create a group that has no time in it."""
    creation = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    creation.set_obj_track_times(False)
    return h5py.Group(h5py.h5g.create(parent.id, name.encode(), gcpl=creation))


def _write(group: h5py.Group, layers: list[keras.Layer]) -> None:
    _stamp(group)
    group.attrs["layer_names"] = np.array([layer.name.encode() for layer in layers])
    for layer in layers:
        part = _group(group, layer.name)
        tensors = _group(part, layer.name)
        names = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
        part.attrs["weight_names"] = np.array([name.encode() for name in names])
        for weight in layer.weights:
            tensors[f"{weight.name}:0"] = keras.ops.convert_to_numpy(weight)


def _stamp(group: h5py.Group) -> None:
    group.attrs["backend"] = keras.backend.backend()
    group.attrs["keras_version"] = keras.__version__
