"""Both intervals of the question, side by side."""

from __future__ import annotations

import math
from dataclasses import replace

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.review.fixed_models import Twofold
from radtl_tf.report.review.fixed_models import fixed_models_table


def test_two_rows_per_result(evaluation: Evaluation) -> None:
    both = Twofold("a", "b", FoldMean(0.06, 0.1, 0.02, math.inf), FoldMean(0.06, 0.1, 0.04, math.inf))
    table = fixed_models_table(replace(evaluation, review=replace(evaluation.review, twofold=[both])))
    fixed, procedure = table.rows
    assert fixed[3] == "0.021 to 0.099" and fixed[5:] == ("a is higher", "50% of the procedures'")
    assert procedure[3] == "-0.018 to 0.138" and procedure[5] == "undecided"


def test_the_names_of_the_weights_are_not_taken_apart(evaluation: Evaluation) -> None:
    rows = fixed_models_table(evaluation).rows
    assert {row[0] for row in rows} == {"imagenet minus random"}
    assert all(word in ("undecided", "imagenet is higher", "random is higher") for word in (row[5] for row in rows))
