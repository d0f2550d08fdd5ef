"""All secondary results are collected."""

from __future__ import annotations

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS


def test_rows_have_the_columns_of_the_output_folder(evaluation: Evaluation) -> None:
    found = evaluation.secondary
    assert tuple(found.estimates.columns) == ESTIMATE_COLUMNS
    assert found.comparisons.columns.tolist() == evaluation.comparisons.columns.tolist()
    assert not set(found.comparisons["level"]) & set(evaluation.comparisons["level"])
    assert isinstance(found.estimates, pd.DataFrame)
    assert set(found.notes) <= set(evaluation.notes)
