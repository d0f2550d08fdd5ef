"""A bad row is marked, and the other rows are prepared."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.deploy.graph.rows import prepare_rows


def prepare(text: tf.Tensor) -> tf.Tensor:
    return tf.fill((4, 4, 1), tf.strings.to_number(text))


GRAPH = tf.function(
    lambda batch: prepare_rows(prepare, batch, (4, 4)), input_signature=[tf.TensorSpec((None,), tf.string)]
)


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        (["1", "2", "3"], [1, 2, 3]),
        (["1", "bad", "3", "", "5"], [1, None, 3, None, 5]),
        (["bad", "2"], [None, 2]),
        (["bad"], [None]),
        ([], []),
    ],
)
def test_every_row_keeps_its_place(batch: list[str], expected: list[float | None]) -> None:
    images, valid = GRAPH(tf.constant(batch, tf.string))
    assert images.shape == (len(batch), 4, 4, 1) and images.dtype == tf.float32
    assert valid.numpy().tolist() == [value is not None for value in expected]
    assert np.array_equal(images[:, 0, 0, 0], [value or 0 for value in expected])


def test_many_rows_keep_their_order() -> None:
    images, valid = GRAPH(tf.constant([str(number) if number % 3 else "bad" for number in range(300)]))
    assert np.array_equal(images[:, 1, 1, 0], [number if number % 3 else 0 for number in range(300)])
    assert valid.numpy().sum() == 200
