"""A tensor is read if its storage, type, shape and numbers are sound (``test_reader.py`` has the whole table)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import h5py
import numpy as np
import pytest

from radtl_tf.errors import WeightsError
from radtl_tf.models.weights.tensors import check_tensor, read_tensor, tensor_at

SHAPE = (2, 3)
VALUES = np.arange(6, dtype=np.float32).reshape(SHAPE)


@pytest.fixture
def file() -> Iterator[h5py.File]:
    with h5py.File("any.h5", "w", driver="core", backing_store=False) as opened:
        yield opened


@pytest.mark.parametrize("kind", ["<f2", "<f4", ">f4", "<f8"])
@pytest.mark.parametrize(
    "storage", [{}, {"chunks": (1, 3), "compression": "gzip", "shuffle": True, "fletcher32": True}]
)
def test_a_sound_tensor_is_read_as_float32(file: h5py.File, kind: str, storage: dict[str, Any]) -> None:
    file.create_dataset("kernel", data=VALUES.astype(kind), **storage)
    found = tensor_at(file, "kernel")
    check_tensor(found, SHAPE, "kernel")
    assert read_tensor(found, SHAPE, "kernel").dtype == np.float32
    np.testing.assert_array_equal(read_tensor(found, SHAPE, "kernel"), VALUES)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda file: file.create_dataset("x", data=VALUES.astype(int)), "type"),
        (lambda file: file.create_dataset("x", data=VALUES.T), "shape"),
        (lambda file: file.create_dataset("x", data=VALUES, compression="lzf"), "type"),
        (lambda file: file.create_dataset("x", SHAPE, "f4", external=[("elsewhere", 0, 24)]), "link"),
    ],
)
def test_what_is_no_such_tensor_is_refused(file: h5py.File, make: Callable[[h5py.File], None], code: str) -> None:
    make(file)
    with pytest.raises(WeightsError, match=rf"\({code}\)"):
        check_tensor(tensor_at(file, "x"), SHAPE, "x")


def test_a_depthwise_kernel_may_be_stored_as_grouped(file: h5py.File) -> None:
    file["x"] = np.arange(12, dtype=np.float32).reshape(2, 2, 1, 3)
    check_tensor(tensor_at(file, "x"), (2, 2, 3, 1), "x")
    assert read_tensor(tensor_at(file, "x"), (2, 2, 3, 1), "x").shape == (2, 2, 3, 1)


@pytest.mark.parametrize(("name", "value"), [("bn/gamma", np.nan), ("bn/gamma", np.inf), ("bn/moving_variance", -1)])
def test_numbers_that_spoil_every_feature_are_refused(file: h5py.File, name: str, value: float) -> None:
    file["x"] = np.array([1, value], np.float32)
    with pytest.raises(WeightsError, match="not finite"):
        read_tensor(tensor_at(file, "x"), (2,), name)


def test_a_group_is_no_tensor(file: h5py.File) -> None:
    file.create_group("x")
    with pytest.raises(WeightsError, match="missing"):
        tensor_at(file, "x")
