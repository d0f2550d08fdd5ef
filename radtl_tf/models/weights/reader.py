"""Read an untrusted HDF5 weights file with h5py and NumPy only.

An HDF5 file can make its reader do harm: it can link to other files, contain virtual data sets, load filters from disk,
and declare tensors of terabytes. Therefore the structure is walked first, link by link, and a tensor is read only after
its type, shape, storage and filters have been checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from radtl_tf.errors import WeightsError
from radtl_tf.models.weights.normalization import SHAPE, TENSORS, normalization, remarks, tensor_paths
from radtl_tf.models.weights.schema import (
    FileLayer,
    LayerSchema,
    Schema,
    check_order,
    opened,
    plan,
    refusal,
    shown,
)
from radtl_tf.models.weights.stored_tensors import StoredTensors
from radtl_tf.models.weights.tensors import check_tensor, read_tensor, starts_of, tensor_at

_MAX_OBJECTS = 20_000  # InceptionResNetV2 has 2,500
_MAX_DEPTH = 12
_MAX_NAMES = 10_000
_MAX_NAME = 512  # bytes
_MAX_CONFIG = 2**22  # characters; InceptionResNetV2 has 0.5 million
_KERAS3_LAYERS = ("layers", "_layer_checkpoint_dependencies")  # the latter in files of late Keras 2


@dataclass(frozen=True)
class Contents:
    """The contents of a file for a schema: the names of its layers, ``matched`` or ``left_over``, and the tensors.

    ``values`` are float32 in the schema's order; ``layout`` is ``model_weights``, ``root``, ``keras3``
    or ``pytorch``.
    """

    layout: str
    keras_version: str
    matched: tuple[str, ...]
    left_over: tuple[str, ...]
    warnings: tuple[str, ...]
    values: Sequence[np.ndarray]


def read(path: Path, schema: Schema) -> Contents:
    """Read and check every tensor of the schema, or nothing. Plain float32 tensors are read again when they are used.

    Raises:
        WeightsError: the file is not HDF5, does not match the schema, or is not safe to read.
    """
    try:
        with h5py.File(path, "r", locking=False) as file:
            return _read(file, schema)
    except WeightsError:
        raise
    except MemoryError:
        raise refusal("size", "reading it takes more memory than the backbone's tensors need.") from None
    except (
        Exception
    ) as error:  # h5py raises OSError, RuntimeError, KeyError, ValueError, TypeError, ... for errors of HDF5
        raise refusal("not HDF5", f"it is truncated or damaged ({type(error).__name__}): download it again.") from None


def _read(file: h5py.File, schema: Schema) -> Contents:
    layout, group, listed = _layers(file, schema)
    check_order(_configured(file), listed)
    pixels = normalization(schema, listed)
    found = opened(schema, [layer for layer in listed if layer is not pixels])
    matched = plan(schema, found)
    tensors = [
        (layer.name, name, shape, tensor_at(group, path))
        for layer, candidate in zip(schema.layers, matched, strict=True)
        for (name, shape), (_, path) in zip(layer.tensors, candidate.tensors, strict=True)
    ]
    for layer_name, name, shape, dataset in tensors:
        check_tensor(dataset, shape, f"{layer_name}/{name}")
    starts = starts_of(dataset for *_, dataset in tensors)
    values, empty = [], []
    for layer_name, name, shape, dataset in tensors:
        value = read_tensor(dataset, shape, f"{layer_name}/{name}")
        if name == "kernel" and not value.any():
            empty.append(layer_name)
        if starts is None:
            values.append(value)
    return Contents(
        layout=layout,
        keras_version=_text(group, "keras_version") or _text(file, "keras_version"),
        matched=tuple(layer.name for layer in matched),
        left_over=tuple(layer.name for layer in found[len(matched) :]),
        warnings=(
            *(f"The kernel of layer {name!r} is zero everywhere." for name in empty),
            *(_remarks(group, pixels) if pixels else ()),
        ),
        values=values if starts is None else StoredTensors(Path(file.filename), schema.shapes, starts),
    )


def _layers(file: h5py.File, schema: Schema) -> tuple[str, h5py.Group, list[FileLayer]]:
    """Return the layout's name, the group of the layers, and the layers with weights, in the file's order."""
    for name in _links(file):
        _check_link(file, name)
    if _has_names(file, "layer_names"):
        return "root", file, _keras2_layers(file, skip={"optimizer_weights"})
    if "model_weights" in file:
        return "model_weights", file["model_weights"], _keras2_layers(file["model_weights"])
    for name in _KERAS3_LAYERS:
        if name in file:
            return "keras3", file[name], _keras3_layers(file[name], schema.layers)
    raise refusal("names", "it has no layer_names at the root or in model_weights, so it is not a Keras weights file.")


def _keras2_layers(group: h5py.Group, skip: frozenset[str] | set[str] = frozenset()) -> list[FileLayer]:
    objects = _walk(group, skip)
    layers = []
    for layer in _names(group, "layer_names"):
        if objects.get(layer) != h5py.h5o.TYPE_GROUP:
            raise refusal("missing", f"layer {shown(layer)} is in layer_names, but not in the file.")
        paths = [(name, f"{layer}/{name}") for name in _names(group[layer], "weight_names")]
        for _, path in paths:
            if objects.get(path) != h5py.h5o.TYPE_DATASET:
                raise refusal("missing", f"tensor {shown(path)} is in weight_names, but not in the file.")
        layers.append(FileLayer(layer, tuple(paths)))
    return [layer for layer in layers if layer.tensors]


def _keras3_layers(group: h5py.Group, wanted: tuple[LayerSchema, ...]) -> list[FileLayer]:
    """Read the layout of Keras 3's ``.weights.h5``: ``<kind>_<number>/vars/<place>``; ``vars`` has the layer's name."""
    objects = _walk(group)
    sizes: dict[str, int] = {key: sum(path.startswith(f"{key}/vars/") for path in objects) for key in group}
    seen: dict[str, int] = {}
    keys: dict[str, str] = {}
    for layer in wanted:
        number = seen[layer.kind] = seen.get(layer.kind, -1) + 1
        keys[layer.kind + (f"_{number}" if number else "")] = layer.name
    ordered = [key for key in keys if sizes.get(key)] + sorted(key for key in sizes if sizes[key] and key not in keys)
    return [
        FileLayer(
            _text(group[f"{key}/vars"], "name") or keys.get(key) or key,
            tuple(("", f"{key}/vars/{place}") for place in range(sizes[key])),
        )
        for key in ordered
    ]


def _walk(top: h5py.Group, skip: frozenset[str] | set[str] = frozenset()) -> dict[str, int]:
    """Return the kind of every object in ``top`` by its path; only one hard link per object is allowed."""
    objects: dict[str, int] = {}
    addresses = {h5py.h5o.get_info(top.id).addr}
    todo: list[tuple[str, h5py.Group]] = [("", top)]
    while todo:
        prefix, group = todo.pop()
        for name in _links(group):
            if prefix == "" and name in skip:
                continue
            info = _check_link(group, name)
            path = prefix + name
            if info.addr in addresses:
                raise refusal("link", f"{shown(path)} is a second link to an object of the file.")
            addresses.add(info.addr)
            objects[path] = info.type
            if len(objects) > _MAX_OBJECTS or path.count("/") > _MAX_DEPTH:
                raise refusal("size", f"it has more than {_MAX_OBJECTS} objects, or they are nested too deeply.")
            if info.type == h5py.h5o.TYPE_GROUP:
                todo.append((path + "/", group[name]))
    return objects


def _links(group: h5py.Group) -> Iterator[str]:
    if len(group) > _MAX_OBJECTS:
        raise refusal("size", f"a group has more than {_MAX_OBJECTS} entries.")
    for name in group:
        if len(name) > _MAX_NAME or name in (".", ".."):
            raise refusal("names", f"an object is called {shown(name)}.")
        yield name


def _check_link(group: h5py.Group, name: str) -> Any:
    """Return HDF5's record of the object behind a hard link; refuse any other link without following it."""
    link = group.id.links.get_info(name.encode("utf-8", "surrogateescape"))
    if link.type != h5py.h5l.TYPE_HARD:
        raise refusal("link", f"{shown(name)} is a soft, external or user-defined link.")
    info = h5py.h5o.get_info(group.id, name.encode("utf-8", "surrogateescape"))
    if info.type not in (h5py.h5o.TYPE_GROUP, h5py.h5o.TYPE_DATASET):
        raise refusal("link", f"{shown(name)} is neither group nor data set, but a committed type.")
    return info


def _has_names(group: h5py.Group, key: str) -> bool:
    return key in group.attrs or f"{key}0" in group.attrs


def _names(group: h5py.Group, key: str) -> list[str]:
    """Return a list of names; Keras splits a list that is too long for one attribute into ``key0``, ``key1``, ..."""
    if not _has_names(group, key):
        raise refusal("names", f"{shown(group.name)} has no {key}.")
    keys = [key] if key in group.attrs else [f"{key}{number}" for number in range(_MAX_NAMES)]
    names: list[str] = []
    for part in keys:
        if part not in group.attrs:
            break
        names += _strings(group, part)
        if len(names) > _MAX_NAMES:
            raise refusal("size", f"{key} of {shown(group.name)} has more than {_MAX_NAMES} names.")
    return names


def _strings(group: h5py.Group, key: str) -> list[str]:
    """Read an attribute of strings, within limits: fixed length up to TensorFlow 2.4, variable length in h5py 3."""
    attribute = group.attrs.get_id(key)
    if attribute.shape is not None and int(np.prod(attribute.shape)) == 0:
        return []  # Keras writes an empty list as an empty array of float64
    kind = h5py.check_string_dtype(attribute.dtype)
    if kind is None or attribute.shape is None:
        raise refusal("type", f"{key} of {shown(group.name)} is not a list of names.")
    if int(np.prod(attribute.shape)) > _MAX_NAMES or (kind.length or 0) > _MAX_NAME:
        raise refusal("size", f"{key} of {shown(group.name)} has too many or too long names.")
    values = np.atleast_1d(np.asarray(group.attrs[key], dtype=object)).tolist()
    names = [value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in values]
    if any(len(name) > _MAX_NAME for name in names):
        raise refusal("size", f"{key} of {shown(group.name)} has a name of more than {_MAX_NAME} characters.")
    return names


def _text(group: h5py.Group, key: str) -> str:
    return next(iter(_strings(group, key)), "") if key in group.attrs else ""


def _configured(file: h5py.File) -> list[str]:
    """Return the layer names in the model's configuration, which is never executed; none without a configuration.

    A configuration in another format than Keras' is ignored.
    """
    if "model_config" not in file.attrs or file.attrs.get_id("model_config").shape != ():
        return []
    text = file.attrs["model_config"]
    try:
        layers = json.loads(text)["config"]["layers"] if len(text) <= _MAX_CONFIG else []
        return [str(layer["config"]["name"]) for layer in layers]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []


def _remarks(group: h5py.Group, layer: FileLayer) -> tuple[str, ...]:
    """Return warnings about the layer that normalizes pixels; see ``normalization.remarks``."""
    datasets = [tensor_at(group, path) for path in tensor_paths(layer)]
    for dataset, name in zip(datasets, TENSORS, strict=True):
        check_tensor(dataset, SHAPE, f"{layer.name}/{name}")
    mean, variance = (read_tensor(dataset, SHAPE, layer.name) for dataset in datasets)
    return remarks(layer, mean, variance)
