"""The answer card of a notebook."""

from __future__ import annotations

from dataclasses import replace

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.pages.card import NO_QUESTION, render_card
from radtl_tf.report.results.setting_tables import settings_table


def test_the_card_has_the_answer_and_every_setting(evaluation: Evaluation) -> None:
    page = render_card(evaluation)
    assert evaluation.question
    assert f"var(--{evaluation.question.verdict})" in page
    for row in settings_table(evaluation).rows:
        assert "".join(f"<td>{cell}</td>" for cell in row[:3]) in page


def test_without_a_question_there_is_no_verdict(evaluation: Evaluation) -> None:
    page = render_card(replace(evaluation, question=None))
    assert NO_QUESTION in page and 'class="verdict"' not in page
