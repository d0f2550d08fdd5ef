"""The answer card: what an experiment found, on one screen of a notebook."""

from __future__ import annotations

from typing import Any

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.question.learned import marker_warning
from radtl_tf.evaluation.question.learned import sentence as learned_sentence
from radtl_tf.report.drawing.templates import render_template
from radtl_tf.report.results.setting_tables import settings_table
from radtl_tf.report.text.advice import advice, chances, headline
from radtl_tf.report.text.overview import overview
from radtl_tf.report.text.terms import TERMS

NO_QUESTION = "This experiment declares no question: it reports estimates and makes no comparisons."


def render_card(evaluation: Evaluation) -> str:
    """Return the answer and the table of settings as a fragment of HTML; everything in it is escaped."""
    return render_template("card.html", **answer_words(evaluation), table=settings_table(evaluation))


def answer_words(evaluation: Evaluation) -> dict[str, Any]:
    """Return what the template ``answer.html`` shows of an experiment."""
    answer, learned = evaluation.question, evaluation.learned
    sentence = answer.sentence if answer else evaluation.record.missing.unanswered or NO_QUESTION
    said = {
        "learned": learned_sentence(learned) if learned else "",
        "sentence": sentence,
        "chances": chances(answer) if answer else "",
    }
    return {
        "overview": overview(evaluation),
        "experiment": evaluation.record.experiment,
        "answer": answer,
        "headline": headline(answer) if answer else "",
        "advice": advice(answer, learned) if answer else "",
        "warning": main_warning(evaluation),
        "terms": {term: text for term, text in TERMS.items() if any(term in words for words in said.values())},
        **said,
    }


def answer_lines(evaluation: Evaluation) -> list[str]:
    """Return the answer as lines of text: what to start from, what was learned, the main warning, and the numbers."""
    words = answer_words(evaluation)
    warning = f"Warning: {words['warning']}" if words["warning"] else ""
    headline = "" if words["advice"].startswith(words["headline"]) else words["headline"]
    return list(filter(None, [headline, words["advice"], words["learned"], warning, words["sentence"]]))


def main_warning(evaluation: Evaluation) -> str:
    """Return the one warning that a reader must see with the answer; empty if there is none."""
    marker = marker_warning(evaluation.learned) if evaluation.learned else ""
    return next(filter(None, [marker, *evaluation.alarms]), "")
