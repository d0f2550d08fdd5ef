"""The fields of the answer agree with the tested question."""

from __future__ import annotations

import pandas as pd
import pytest

from radtl_tf.evaluation.inference.corrected_t import fold_mean
from radtl_tf.evaluation.question.answer import Answer, ConventionAnswer
from radtl_tf.library.results.answer import answer_from


def test_fields_are_those_of_the_headline_convention() -> None:
    test = fold_mean([0.05, 0.02, 0.04, 0.03, 0.06], 5)
    chances = (0.7, 0.25, 0.05)
    asked = ConventionAnswer("a", "b", "", test, "undecided", chances, pd.DataFrame())
    found = answer_from(Answer("a", "b", (asked,), "undecided", "A sentence.", 0.02, pd.DataFrame()))
    assert (found.first, found.second, found.verdict, found.margin) == ("a", "b", "undecided", 0.02)
    assert (found.difference, found.interval, found.p) == (pytest.approx(0.04), test.interval(), test.p_value)
    assert found.probabilities == {"first": 0.7, "equivalent": 0.25, "second": 0.05}
    assert found.sentence == "A sentence."
