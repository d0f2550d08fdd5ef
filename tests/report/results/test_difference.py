from __future__ import annotations

from dataclasses import replace

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number
from radtl_tf.report.results.difference import difference_figure


def test_it_shows_the_question_with_its_interval_and_margin(evaluation: Evaluation) -> None:
    assert evaluation.question
    found, test = difference_figure(evaluation), evaluation.question.test
    assert found is not None
    for value in test.interval():
        assert number(value) in found.svg and number(value) in found.alt
    assert f"margin of {evaluation.question.margin:g}" in found.caption
    assert evaluation.question.a in found.title and evaluation.question.b in found.title


def test_without_a_question_there_is_none(evaluation: Evaluation) -> None:
    assert difference_figure(replace(evaluation, question=None)) is None
