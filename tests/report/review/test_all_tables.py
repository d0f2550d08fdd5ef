"""All tables of the section are in the report, for every kind of task with classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.pages.sections import SECTIONS, Contents
from radtl_tf.report.review.all_tables import REVIEW

SMALL = {"backbones": ("ResNet50",), "tunings": {"frozen": (0.01,)}, "probes": False}


def test_they_are_in_a_section_of_their_own(evaluation: Evaluation, drawn: Contents) -> None:
    made = [make(evaluation) for make in REVIEW]
    assert {table.section for table in made} == {"review"} and "review" in SECTIONS
    assert [table.key for table in drawn.tables if table.section == "review"] == [table.key for table in made]


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_tasks_of_several_classes_have_all_of_them(outcome: Callable[..., Path], kind: str) -> None:
    found = evaluate(outcome(kind=kind, classes=("a", "b", "c"), **SMALL))
    assert all(make(found).rows for make in REVIEW)


def test_without_a_question_the_rest_is_left(outcome: Callable[..., Path]) -> None:
    found = evaluate(outcome(question=None, **SMALL))
    filled = {make(found).key for make in REVIEW if make(found).rows}
    assert {"separate-patients", "case-numbers", "looked-at"} <= filled
    assert not {"false-claim", "fixed-or-procedure"} & filled
