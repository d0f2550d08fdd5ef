"""Each explained term occurs in an answer, as it is written there."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.inference.repeated_folds import METHOD
from radtl_tf.evaluation.question.learned import sentence
from radtl_tf.report.pages.card import answer_words
from radtl_tf.report.text.advice import chances
from radtl_tf.report.text.terms import TERMS


def test_every_term_of_the_answer_is_explained(evaluation: Evaluation) -> None:
    assert evaluation.question and evaluation.learned
    said = " ".join((evaluation.question.sentence, sentence(evaluation.learned), chances(evaluation.question)))
    shown = answer_words(evaluation)["terms"]
    assert set(shown) == {term for term in TERMS if term in said}
    assert set(TERMS) - set(shown) <= {"adjusted p", METHOD}  # only with a baseline, or with repeats
