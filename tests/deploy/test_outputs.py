"""Names and shapes of outputs, without TensorFlow."""

from __future__ import annotations

import numpy as np

from radtl_tf.deploy.outputs import columns_of, output_of


def test_a_card_says_which_output_holds_the_scores() -> None:
    assert output_of({}) == output_of({"kind": "binary"}) == output_of({"kind": "ordinal"}) == "probabilities"
    assert output_of({"kind": "regression"}) == "score"


def test_one_number_per_image_becomes_a_column() -> None:
    assert columns_of(np.zeros(3, np.float32)).shape == (3, 1)
    assert columns_of(np.zeros((3, 2), np.float32)).shape == (3, 2)
    assert columns_of(np.zeros(0, np.float32)).shape == (0, 1)
