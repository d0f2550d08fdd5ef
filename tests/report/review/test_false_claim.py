"""Three calculations of the probability that a claim is false."""

from __future__ import annotations

from dataclasses import replace

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import p_cell
from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.review.false_claim import Claim
from radtl_tf.evaluation.review.fixed_models import Twofold
from radtl_tf.report.review.false_claim import CALCULATOR, false_claim_table


def test_the_probabilities_are_those_of_the_evaluation(evaluation: Evaluation) -> None:
    rows = false_claim_table(evaluation).rows
    assert [row[0] for row in rows][0] == CALCULATOR and len(rows) == 3
    assert rows[0][2] == p_cell(evaluation.review.claims[0].probability)


def test_the_claim_names_the_side_that_is_ahead(evaluation: Evaluation) -> None:
    behind = Twofold("a", "b", None, FoldMean(-0.02, 0.01, 0.01, 4))
    claim = Claim("b", "a", "effusion", 100, 7, 3, 0.1)
    found = replace(evaluation.review, twofold=[behind], claims=[claim])
    rows = false_claim_table(replace(evaluation, review=found)).rows
    assert rows[0][1] == "effusion: b is right more often than a"
    assert rows[1][1].endswith("of b is higher than of a") and rows[1][2] == "0.058"  # one tail of t = 2, 4 df


def test_without_a_question_there_is_no_row(evaluation: Evaluation) -> None:
    nothing = replace(evaluation.review, twofold=[], claims=[])
    assert false_claim_table(replace(evaluation, review=nothing)).rows == ()
