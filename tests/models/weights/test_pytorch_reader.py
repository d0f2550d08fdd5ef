"""Damaged and harmful safetensors files; they are written byte by byte where the library would not write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from radtl_tf.errors import WeightsError
from radtl_tf.models.weights.guarded_process import read_apart
from radtl_tf.models.weights.pytorch_reader import MAX_HEADER, header_length, read_safetensors
from radtl_tf.models.weights.schema import LayerSchema, Schema

NORM = tuple((name, (4,)) for name in ("weight", "bias", "running_mean", "running_var"))
SCHEMA = Schema(
    "Small",
    False,
    (LayerSchema("conv", "conv2d", (("weight", (4, 3, 1, 1)),)), LayerSchema("bn", "batch_norm", NORM)),
    {},
)
Tensors = dict[str, np.ndarray]


def tensors(dtype: Any = np.float32) -> Tensors:
    values = {"conv.weight": np.arange(12).reshape(4, 3, 1, 1), **{f"bn.{name}": np.arange(4) for name, _ in NORM}}
    return {name: value.astype(dtype) for name, value in values.items()}


def written(path: Path, values: Tensors) -> Path:
    save_file(values, path)
    return path


def raw(path: Path, header: dict[str, Any] | bytes, body: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
    return path


def test_a_good_file_is_read_here_and_apart(tmp_path: Path) -> None:
    extra = {"fc.weight": np.ones((2, 4), np.float32), "bn.num_batches_tracked": np.array(7)}
    file = written(tmp_path / "a.safetensors", {**tensors(), **extra})
    here, apart = vars(read_safetensors(file, SCHEMA)), vars(read_apart(file, SCHEMA, "safetensors"))
    for value, other, expected in zip(here.pop("values"), apart.pop("values"), tensors().values(), strict=True):
        np.testing.assert_array_equal(value, expected)
        np.testing.assert_array_equal(other, expected)
    assert here == apart
    assert (here["layout"], here["matched"], here["left_over"]) == ("pytorch", ("conv", "bn"), ("fc",))
    assert here["warnings"] == ()


@pytest.mark.parametrize(("kind", "warned"), [(np.float16, True), (np.float64, False)])
def test_other_precisions_become_float32(tmp_path: Path, kind: Any, warned: bool) -> None:
    found = read_safetensors(written(tmp_path / "a.safetensors", tensors(kind)), SCHEMA)
    assert {value.dtype for value in found.values} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(found.values[0], tensors()["conv.weight"])
    assert bool(found.warnings) == warned


def test_bfloat16_becomes_float32(tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values, header, body = tensors(ml_dtypes.bfloat16), {}, b""
    for name, value in values.items():
        place = [len(body), len(body) + value.nbytes]
        header[name] = {"dtype": "BF16", "shape": list(value.shape), "data_offsets": place}
        body += value.tobytes()
    found = read_safetensors(raw(tmp_path / "a.safetensors", header, body), SCHEMA)
    np.testing.assert_array_equal(found.values[0], tensors()["conv.weight"])
    assert len(found.warnings) == 1


def spoiled(**changed: np.ndarray) -> Tensors:
    return {**tensors(), **{name.replace("__", "."): value for name, value in changed.items()}}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (spoiled(conv__weight=np.zeros((4, 3, 3, 3), np.float32)), r"\(shape\): .*\(4, 3, 3, 3\), .*\(4, 3, 1, 1\)"),
        (spoiled(conv__weight=np.zeros((4, 3, 1, 1), np.int8)), r"\(type\): .*I8"),
        (spoiled(bn__bias=np.array([0, np.nan, 0, 0], np.float32)), r"\(not finite\): .*'bn\.bias'"),
        (spoiled(bn__bias=np.array([0, 1e300, 0, 0])), r"\(not finite\): .*'bn\.bias'"),
        (spoiled(bn__running_var=np.array([1, -1, 1, 1], np.float32)), r"\(not finite\): .*negative"),
        ({name: value for name, value in tensors().items() if name != "bn.bias"}, r"\(missing\): 1 of 5 "),
        (spoiled(other__weight=np.zeros(3, np.float32)), r"\(names\)"),
        ({**tensors(), **{f"copy.{name}": value + 1 for name, value in tensors().items()}}, r"\(names\): .*differ"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, values: Tensors, message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        read_safetensors(written(tmp_path / "a.safetensors", values), SCHEMA)


def test_equal_copies_are_accepted(tmp_path: Path) -> None:
    copies = {f"copy.{name}": value for name, value in tensors().items()}
    found = read_safetensors(written(tmp_path / "a.safetensors", {**tensors(), **copies}), SCHEMA)
    assert found.left_over == ()


def one(shape: list[int], end: int, name: str = "conv.weight") -> dict[str, Any]:
    return {name: {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}


HARMFUL: dict[str, Callable[[Path], Path]] = {
    "larger than the file": lambda path: raw(path, one([2**40], 2**42)),
    "overflowing shape": lambda path: raw(path, one([2**62, 4], 4), bytes(4)),
    "overlapping tensors": lambda path: raw(path, {**one([1], 4), **one([1], 4, "b")}, bytes(4)),
    "numbers after the last tensor": lambda path: raw(path, one([1], 4), bytes(400)),
    "header without an end": lambda path: raw(path, b'{"a": {"b": '),
    "nested header": lambda path: raw(path, b'{"a":' * 50_000),
    "header longer than the file": lambda path: path.write_bytes((2**20).to_bytes(8, "little") + b"{}") and path,
    "header longer than allowed": lambda path: raw(path, b"{" + b" " * MAX_HEADER + b"}"),
    "header that is no JSON": lambda path: raw(path, b"[]"),
    "empty file": lambda path: path.write_bytes(b"") or path,
    "truncated file": lambda path: path.write_bytes(written(path, tensors()).read_bytes()[:-9]) and path,
}


@pytest.mark.parametrize("make", HARMFUL.values(), ids=list(HARMFUL))
def test_a_harmful_file_is_refused(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with pytest.raises(WeightsError, match=r"\(not safetensors\)"):
        read_safetensors(make(tmp_path / "a.safetensors"), SCHEMA)


@pytest.mark.parametrize("names", [["a" * 600], [f"n{number}" for number in range(10_001)]], ids=["long", "many"])
def test_names_are_limited(tmp_path: Path, names: list[str]) -> None:
    file = raw(tmp_path / "a.safetensors", {name: one([0], 0)["conv.weight"] for name in names})
    with pytest.raises(WeightsError, match=r"\(size\)"):
        read_safetensors(file, SCHEMA)


def test_the_length_of_a_header() -> None:
    assert header_length((5).to_bytes(8, "little") + b"{") == 5
    assert header_length(b"\x89HDF\r\n\x1a\n\x00") is None
    assert header_length(b"short") is None
