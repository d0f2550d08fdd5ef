"""The rarest class is counted, and a task without countable classes still has the observed width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.review.case_numbers import case_numbers
from radtl_tf.evaluation.review.sample_size import newcombe_error

Outcome = Callable[..., Path]
SMALL = {"backbones": ("ResNet50",), "tunings": {"frozen": (0.01,)}, "probes": False}


def test_patients_of_the_rarest_class(evaluation: Evaluation) -> None:
    found = evaluation.review.numbers.rarest
    assert found is not None
    assert (found.name, found.patients, found.other, found.others) == ("present", 96, "absent", 144)
    tests = evaluation.parts[evaluation.parts["part"] == "test"]
    assert found.tested == tests["positive_patients"].min() == tests["fewest_patients"].min()
    assert found.fixed[0].half == pytest.approx(1.96 * newcombe_error(found.auroc, 96, 144), rel=1e-3)


def test_the_lower_auroc_of_the_question_is_used(evaluation: Evaluation) -> None:
    assert evaluation.question and evaluation.review.numbers.rarest
    folds = evaluation.question.folds
    assert evaluation.review.numbers.rarest.auroc == pytest.approx(min(folds["first"].mean(), folds["second"].mean()))


def test_the_observed_width_is_the_one_of_the_question(evaluation: Evaluation) -> None:
    (observed,) = evaluation.review.numbers.observed
    assert evaluation.question
    low, high = evaluation.question.test.interval()
    assert observed.half == pytest.approx((high - low) / 2)
    assert observed.needed == pytest.approx(240 * (observed.half / 0.05) ** 2, abs=1)


def test_several_classes_are_counted_against_the_rest(outcome: Outcome) -> None:
    found = evaluate(outcome(kind="multiclass", classes=("a", "b", "c"), **SMALL)).review.numbers.rarest
    assert found is not None
    assert (found.patients, found.others) == (80, 160) and found.other == "without a"


@pytest.mark.parametrize("kind", ["regression", "ordinal"])
def test_a_task_without_countable_classes_has_no_formula(evaluation: Evaluation, kind: str) -> None:
    facts = evaluation.record.facts
    task = replace(facts.experiment.task, kind=kind)  # type: ignore[arg-type]
    facts = replace(facts, experiment=replace(facts.experiment, task=task))
    found = case_numbers(replace(evaluation.record, facts=facts), evaluation.parts, [])
    assert found.rarest is None and found.observed == ()
