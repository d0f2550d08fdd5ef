from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.data.embeddings.separation import separating

GENERATOR = np.random.default_rng(7)


@pytest.mark.parametrize("num_classes", [2, 3])
def test_a_label_inside_is_found(num_classes: int) -> None:
    truth = np.arange(60) % num_classes
    values = GENERATOR.standard_normal((60, 50)).astype(np.float32)
    assert separating(values, truth) == []
    values[:, 7] = -3 * truth + GENERATOR.uniform(0, 1, 60)
    assert separating(values, truth) == [7]


def test_one_image_on_the_other_side_is_enough_to_say_nothing() -> None:
    truth = np.arange(40) % 2
    values = truth[:, None] + np.zeros((40, 1), np.float32)
    assert separating(values, truth) == [0]
    values[0] = 1
    assert separating(values, truth) == []


def test_few_images_prove_nothing() -> None:
    """Six images: 1 of 10 dimensions separates three from three by chance."""
    truth = np.array([0, 0, 0, 1, 1, 1])
    values = GENERATOR.standard_normal((6, 1000)).astype(np.float32)
    assert separating(values, truth) == []
    assert separating(values[:, :1] * 0 + truth[:, None], np.zeros(6, int)) == []  # one class
