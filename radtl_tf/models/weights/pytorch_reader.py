"""Read an untrusted PyTorch file (safetensors) with the safetensors library and NumPy only.

A safetensors file is a length, a JSON header and plain numbers. The library checks that the tensors fill the file
without overlap. Here the header is limited first, then names, types and shapes are checked, and only then the tensors
of the backbone are read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from radtl_tf.models.weights.pytorch_names import Match, match, modules
from radtl_tf.models.weights.reader import Contents
from radtl_tf.models.weights.schema import Schema, Shape, refusal, shown

MAX_HEADER = 2**22  # bytes; InceptionV3's has 60,000
_MAX_TENSORS = 10_000
_MAX_NAME = 512  # characters
_HALVES = ("F16", "BF16")
_FLOATS = ("F32", "F64", *_HALVES)


def header_length(start: bytes) -> int | None:
    """Return the length of the JSON header from the first nine bytes of a file, or None if it is not safetensors.

    >>> header_length(bytes(8) + b"{}")
    0
    """
    return int.from_bytes(start[:8], "little") if len(start) >= 9 and start[8:9] == b"{" else None


def read_safetensors(path: Path, schema: Schema) -> Contents:
    """Read every tensor of the schema, whose layers and tensors have PyTorch's names and shapes, or nothing.

    Returns:
        The contents in PyTorch's layout: ``matched`` are modules, ``left_over`` those of the head.

    Raises:
        WeightsError: the file is not safetensors, does not match the schema, or is not safe to read.
    """
    with path.open("rb") as file:
        length = header_length(file.read(9))
    if length is None or length > MAX_HEADER:
        raise refusal("not safetensors", f"its header is not JSON of at most {MAX_HEADER:,} bytes.")
    from safetensors import SafetensorError, safe_open  # here, because the reader of HDF5 does not need it

    try:
        with safe_open(path, framework="numpy") as file:
            return _read(file, schema)
    except SafetensorError:
        raise refusal("not safetensors", "it is truncated or damaged: get it again.") from None
    except MemoryError:
        raise refusal("size", "reading it takes more memory than the backbone's tensors need.") from None


def _read(file: Any, schema: Schema) -> Contents:
    names = list(file.keys())
    if len(names) > _MAX_TENSORS or any(len(name) > _MAX_NAME for name in names):
        raise refusal("size", f"it has more than {_MAX_TENSORS:,} tensors, or names of more than {_MAX_NAME} letters.")
    found = match(schema, names)
    types = [_checked(file, name, shape) for name, shape in zip(found.names, schema.shapes, strict=True)]
    values = [_value(file, name, kind) for name, kind in zip(found.names, types, strict=True)]
    _check_copies(file, found, values)
    halves = sorted({kind for kind in types if kind in _HALVES})
    empty = [name for name, value in zip(found.names, values, strict=True) if value.ndim == 4 and not value.any()]
    return Contents(
        layout="pytorch, numbered children" if found.numbered else "pytorch",
        keras_version="",
        matched=modules(found.names),
        left_over=modules(found.head),
        warnings=(
            *(f"Its tensors have half precision ({kind}); they become float32." for kind in halves),
            *(f"Tensor {shown(name)} is zero everywhere." for name in empty),
        ),
        values=values,
    )


def _checked(file: Any, name: str, shape: Shape) -> str:
    """Return the type of a tensor after its type and shape have been checked."""
    tensor = file.get_slice(name)
    kind = str(tensor.get_dtype())
    if kind not in _FLOATS:
        raise refusal("type", f"tensor {shown(name)} is {kind}, expected {', '.join(_FLOATS)}.")
    if tuple(tensor.get_shape()) != shape:
        raise refusal("shape", f"tensor {shown(name)} has shape {tuple(tensor.get_shape())}, expected {shape}.")
    return kind


def _value(file: Any, name: str, kind: str) -> np.ndarray:
    if kind == "BF16":
        import ml_dtypes  # noqa: F401  (NumPy learns the type bfloat16)
    with np.errstate(over="ignore"):  # a float64 that float32 cannot hold becomes infinite
        value = np.asarray(file.get_tensor(name)).astype(np.float32)
    if not np.isfinite(value).all():
        raise refusal("not finite", f"tensor {shown(name)} has NaN or infinite numbers.")
    if name.endswith(".running_var") and value.min(initial=0) < 0:
        raise refusal("not finite", f"tensor {shown(name)} has negative variances, whose square root is NaN.")
    return value


def _check_copies(file: Any, found: Match, values: list[np.ndarray]) -> None:
    """Refuse a file that holds a tensor twice with different numbers."""
    for name, place in found.copies:
        kind = _checked(file, name, values[place].shape)
        if not np.array_equal(_value(file, name, kind), values[place]):
            raise refusal("names", f"tensors {shown(found.names[place])} and {shown(name)} differ: which one is meant?")
