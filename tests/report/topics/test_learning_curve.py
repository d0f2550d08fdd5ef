"""The learning curve as the report shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.pages.experiment import report_html
from radtl_tf.report.pages.sections import contents
from radtl_tf.report.topics.learning_curve import learning_curve_figure, learning_curve_table


@pytest.mark.slow
def test_table_and_figure_stand_in_the_report(outcome: Callable[..., Path]) -> None:
    evaluation = evaluate(outcome(shares=(0.25, 1.0), backbones=("ResNet50",)))
    table = learning_curve_table(evaluation)
    assert [row[:4] for row in table.rows] == [("38", "0.25", "imagenet", "random"), ("150", "1", "imagenet", "random")]
    assert evaluation.learning_curve
    figure = learning_curve_figure(evaluation)
    assert figure is not None and figure.alt == evaluation.learning_curve.sentence
    assert ">38<" in figure.svg and ">150<" in figure.svg
    page = report_html(evaluation, contents(evaluation))
    assert evaluation.learning_curve.sentence in page and 'id="learning-curve"' in page and figure.inline in page


def test_one_share_makes_no_curve(evaluation: Evaluation) -> None:
    assert learning_curve_table(evaluation).rows == ()
    assert learning_curve_figure(evaluation) is None
