"""Inner parts with few patients of a class allow no further choice."""

from __future__ import annotations

import pandas as pd
import pytest

from radtl_tf.evaluation.secondary.inner_patients import too_few_inner


def counts(*fewest: int) -> pd.DataFrame:
    rows = [("inner", few) for few in fewest] + [("test", 3)]
    return pd.DataFrame(rows, columns=["part", "fewest_patients"])


@pytest.mark.parametrize(("fewest", "said"), [((10, 12), ""), ((10, 9), "1 of 2 inner parts"), ((4, 9), "fewest 4")])
def test_ten_patients_of_each_class_are_enough(fewest: tuple[int, ...], said: str) -> None:
    reason = too_few_inner(counts(*fewest))
    assert said in reason
    assert bool(said) == bool(reason)
