"""Numbers are read from bytes inside a graph."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.deploy.graph.file_bytes import checked, number, starts_with

RAW = tf.constant([0, 1, 2, 255, 254], tf.uint8)


@pytest.mark.parametrize(
    ("at", "length", "little", "value"),
    [(0, 1, False, 0), (1, 2, False, 258), (1, 2, True, 513), (0, 4, False, 66303), (1, 4, False, 0x0102FFFE)],
)
def test_a_number_has_either_byte_order(at: int, length: int, little: bool, value: int) -> None:
    assert int(number(RAW, at, length, little)) == value


def test_a_large_number_is_not_negative() -> None:
    assert int(number(tf.constant([255] * 4, tf.uint8), 0, 4)) == 2**32 - 1


@pytest.mark.parametrize("at", [-1, 4, 2**40])
def test_a_place_outside_the_file_is_an_error(at: int) -> None:
    with tf.device("CPU"), pytest.raises(tf.errors.InvalidArgumentError):
        number(RAW, tf.constant(at, tf.int64), 2)


def test_a_start_is_found_where_it_is() -> None:
    assert starts_with(RAW, b"\0\1") and starts_with(RAW, b"\2\xff", 2)
    assert not starts_with(RAW, b"\2\xff", 1)


def test_nothing_runs_before_the_check() -> None:
    @tf.function
    def squared(value: tf.Tensor) -> tf.Tensor:
        return checked(value, value > 0, "not positive") ** 2

    assert np.isclose(squared(tf.constant(3.0)), 9)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not positive"):
        squared(tf.constant(-3.0))
