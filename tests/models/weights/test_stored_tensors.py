"""Tensors of a file are read one at a time, also when the file has no name any more."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.errors import WeightsError
from radtl_tf.models.weights.stored_tensors import StoredTensors

SHAPES = [(2, 3), (), (4,), (0, 5)]


def test_tensors_are_those_of_the_file(tmp_path: Path) -> None:
    numbers = np.arange(11, dtype=np.float32)
    numbers.tofile(tmp_path / "tensors")
    tensors = StoredTensors(tmp_path / "tensors", SHAPES)
    (tmp_path / "tensors").unlink()
    expected = [numbers[:6].reshape(2, 3), numbers[6], numbers[7:], np.empty((0, 5))]
    for _ in range(2):
        for found, other in zip(tensors, expected, strict=True):
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, other)
    np.testing.assert_array_equal(tensors[-2], numbers[7:])
    assert [one.shape for one in tensors[1:3]] == SHAPES[1:3]


def test_tensors_may_begin_anywhere(tmp_path: Path) -> None:
    np.arange(11, dtype=np.float32).tofile(tmp_path / "tensors")
    found = StoredTensors(tmp_path / "tensors", [(2,), (2, 1)], [20, 4])
    assert [tensor.tolist() for tensor in found] == [[5, 6], [[1], [2]]]


def test_a_file_that_changes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tensors"
    np.arange(4, dtype=np.float32).tofile(path)
    tensors = StoredTensors(path, [(2,), (2,)])
    assert tensors[0].tolist() == [0, 1]
    path.write_bytes(bytes(15))
    with pytest.raises(WeightsError, match="changed"):
        _ = tensors[1]


def test_one_tensor_at_a_time_is_in_memory(tmp_path: Path) -> None:
    size, number = 2**20, 16
    np.ones(number * size, np.float32).tofile(tmp_path / "tensors")
    tracemalloc.start()
    assert sum(float(tensor[0]) for tensor in StoredTensors(tmp_path / "tensors", [(size,)] * number)) == number
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 4 * size
