from __future__ import annotations

import numpy as np

from radtl_tf.training.features.given_features import GivenFeatures


def test_rows_are_those_of_the_array_for_any_tuning_and_view() -> None:
    store = GivenFeatures(np.arange(6, dtype=np.float32).reshape(3, 2))
    for tuning, view in (("frozen", None), ("probe", 4)):
        (rows,) = store.rows(tuning, np.array([2, 0]), view)
        assert rows.tolist() == [[4, 5], [0, 1]]
    assert store.seconds == 0
