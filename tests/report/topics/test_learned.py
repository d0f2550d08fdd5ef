"""The table of what was learned agrees with the comparisons."""

from __future__ import annotations

from dataclasses import replace

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number
from radtl_tf.report.topics.learned import learned_table


def test_a_row_per_comparison(evaluation: Evaluation) -> None:
    assert evaluation.learned
    rows = learned_table(evaluation).rows
    assert [row[:3] for row in rows] == [
        (row.weights, row.other, number(row.test.mean, sign=True)) for row in evaluation.learned.rows
    ]
    assert learned_table(replace(evaluation, learned=None)).rows == ()
