"""Weights files (``.h5``): read a stranger's without trusting it, write one that Keras 2, Keras 3 and the published scripts load."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from radtl_tf.errors import WeightsError
from radtl_tf.models import weight_reader
from radtl_tf.models.backbones import BACKBONES, Backbone
from radtl_tf.models.weight_reader import Contents
from radtl_tf.models.weight_schema import LayerSchema, Schema, refusal
from radtl_tf.places import PACKAGE

_MAX_COPIES = 8  # float64, and an optimizer's two moments beside each tensor
_SPARE_BYTES = 64 * 2**20  # a top, and what HDF5 needs itself
_WALL_SECONDS = 120
_HINTS = (
    (b"<", "it looks like a web page, so the download went wrong"),
    (b"\x1f\x8b", "it looks like a gzip archive: unpack it"),
    (b"PK\x03\x04", "it looks like a zip archive (a .keras model, a PyTorch file or a packed download)"),
    (b"version https://git-lfs", "it is a git-LFS pointer: run `git lfs pull` where it came from"),
)


@dataclass(frozen=True)
class Report:
    """What was found in a file: names of the file's layers that were ``matched``, those ``left_over`` (the top), and warnings.

    Nothing can be missing: such a file is refused. ``layout`` is ``model_weights``, ``root`` or ``keras3``.
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
    values: list[np.ndarray]


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_weights(path: Path, base: keras.Model, *, backbone: Backbone, sha256: str | None = None) -> WeightFile:
    """Verify a file against the variables of ``base`` and read it in full; nothing is assigned.

    ``sha256`` is the sum of a file known to be sound, which is read in this process; any other is read by a process of its own with
    limits on memory and time, so that no file can do more harm than one line.

    Raises:
        WeightsError: the file is not that backbone's weights, complete, finite and safe to read, or does not have the sum.
    """
    schema = schema_of(base, backbone)
    try:
        found = _check_outside(path, schema)
        if sha256 not in (None, found):
            raise refusal("sha256", f"its sum is {found}, expected {sha256}: get it again, or declare it as weights of your own.")
        contents = weight_reader.read(path, schema) if sha256 else _read_apart(path, schema)
    except WeightsError as error:
        raise WeightsError(f"Weights file {path} {error}") from None
    record = {key: value for key, value in vars(contents).items() if key != "values"}
    return WeightFile(Report(file=path.name, sha256=found, **record), contents.values)


def schema_of(base: keras.Model, backbone: Backbone) -> Schema:
    """Return what a file for ``base`` must hold: its layers with weights, in their order."""
    layers = tuple(
        LayerSchema(layer.name, _snake(type(layer).__name__), tuple((weight.name, weight.shape) for weight in layer.weights))
        for layer in base.layers
        if layer.weights
    )
    known = {row.name: row.num_layers for row in BACKBONES.values() if row.num_layers}
    return Schema(backbone.name, not backbone.stable_names, layers, known)


def _snake(name: str) -> str:
    """Return Keras' snake case of a class, of which it makes automatic layer names: ``Conv2D`` -> ``conv2d``."""
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)).lower()


def _check_outside(path: Path, schema: Schema) -> str:
    """Check what can be seen without HDF5, and return the sha256."""
    if not path.is_file():
        raise refusal("missing", "there is no such file.")
    tensor_bytes = 4 * sum(math.prod(shape) for layer in schema.layers for _, shape in layer.tensors)
    limit = _MAX_COPIES * tensor_bytes + _SPARE_BYTES
    if path.stat().st_size > limit:
        raise refusal("size", f"it has {path.stat().st_size:,} bytes; {schema.backbone} needs {tensor_bytes:,}.")
    with path.open("rb") as file:
        start = file.read(64)
    if not start.startswith(b"\x89HDF\r\n\x1a\n"):
        hints = (hint for magic, hint in _HINTS if start.startswith(magic))
        hint = "it is empty" if not start else next(hints, f"it starts with {ascii(start[:8])[1:]}")
        raise refusal("not HDF5", f"{hint}.")
    return sha256_of(path)


def _read_apart(path: Path, schema: Schema) -> Contents:
    """Read a file in a process of its own, which limits itself; its tensors come back as a plain file of float32."""
    shapes = [shape for layer in schema.layers for _, shape in layer.tensors]
    with tempfile.TemporaryDirectory(prefix="radtl-") as folder:
        tensors = Path(folder, "tensors")
        answer = _run_reader(path, tensors, schema)
        if "error" in answer:
            raise WeightsError(answer["error"])
        flat = np.fromfile(tensors, np.float32)
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    values = [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True)]
    lists = {key: tuple(value) if isinstance(value, list) else value for key, value in answer.items()}
    return Contents(**lists, values=values)


def _run_reader(path: Path, tensors: Path, schema: Schema) -> dict[str, Any]:
    """Return what the reader's process said, or refuse the file that stopped it."""
    search = os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-P", "-m", weight_reader.__name__, str(path.absolute()), str(tensors)],
        input=json.dumps(asdict(schema)),
        env={**os.environ, "PYTHONPATH": search, "OPENBLAS_NUM_THREADS": "1", "HDF5_PLUGIN_PRELOAD": "::"},
        capture_output=True,
        text=True,
        timeout=_WALL_SECONDS,
        check=False,
    )
    if done.returncode:
        reason = f"signal {-done.returncode}" if done.returncode < 0 else f"code {done.returncode}"
        raise refusal("not HDF5", f"it is damaged, and stopped the process that read it ({reason}).")
    return json.loads(done.stdout)


def write_weights(path: Path, base: keras.Model) -> None:
    """Write the weights of ``base`` as a Keras 2 "notop" file: tensors under ``model_weights``, without the pooling layer.

    ``load_weights`` of Keras 2 and 3 and the ``weights=`` argument of ``applications`` read it. It appears under its name only when complete.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with h5py.File(fresh, "w") as file:
            _write(file.create_group("model_weights"), base.layers[:-1])
            _stamp(file)
        with fresh.open("rb") as done:
            os.fsync(done.fileno())
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _write(group: h5py.Group, layers: list[keras.Layer]) -> None:
    _stamp(group)
    group.attrs["layer_names"] = np.array([layer.name.encode() for layer in layers])
    for layer in layers:
        part = group.create_group(layer.name)
        names = [f"{layer.name}/{weight.name}:0" for weight in layer.weights]
        part.attrs["weight_names"] = np.array([name.encode() for name in names])
        for name, weight in zip(names, layer.weights, strict=True):
            part[name] = keras.ops.convert_to_numpy(weight)


def _stamp(group: h5py.Group) -> None:
    group.attrs["backend"] = keras.backend.backend()
    group.attrs["keras_version"] = keras.__version__
