"""The answer card: what an experiment found, on one screen of a notebook."""

from __future__ import annotations

from typing import Any

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.drawing.templates import render_template
from radtl_tf.report.results.tables import settings_table
from radtl_tf.report.text.advice import advice, chances, headline

NO_QUESTION = "This experiment declares no question: it reports estimates and makes no comparisons."


def render_card(evaluation: Evaluation) -> str:
    """Return the answer and the table of settings as a fragment of HTML; everything in it is escaped."""
    return render_template("card.html", **answer_words(evaluation), table=settings_table(evaluation))


def answer_words(evaluation: Evaluation) -> dict[str, Any]:
    """Return what the template ``answer.html`` shows of an experiment."""
    answer = evaluation.question
    return {
        "experiment": evaluation.record.experiment,
        "answer": answer,
        "headline": headline(answer) if answer else "",
        "advice": advice(answer) if answer else "",
        "sentence": answer.sentence if answer else NO_QUESTION,
        "chances": chances(answer) if answer else "",
    }
