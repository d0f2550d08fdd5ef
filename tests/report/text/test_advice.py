"""The first lines of the report say which weights to start from, in agreement with the verdict."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.text.advice import advice, chances, headline

Outcome = Callable[..., Path]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signal", "line"),
    [
        ({"imagenet": 1.4, "random": 0.4}, "imagenet better than random"),
        ({"imagenet": 0.4, "random": 1.4}, "imagenet worse than random"),
        ({"imagenet": 60.0, "random": 60.0}, "imagenet and random: undecided"),
    ],
)
def test_the_headline_says_who(outcome: Outcome, signal: dict[str, float], line: str) -> None:
    answer = evaluate(outcome(signal=signal, noise=0.01, backbones=("ResNet50",))).question
    assert answer is not None
    assert headline(answer) == line
    assert (chances(answer) == "") == (signal["imagenet"] == 60)


def test_chances_never_claim_certainty(evaluation: Evaluation) -> None:
    assert evaluation.question is not None
    found = chances(evaluation.question)
    assert re.search(r"imagenet .*0\.02: > 99 %.*random .*0\.02: < 1 %", found, re.DOTALL)


@pytest.mark.parametrize(
    ("verdict", "choice"),
    [("better", "imagenet"), ("worse", "random"), ("equivalent", "either"), ("undecided", None)],
)
def test_the_advice_follows_the_verdict(evaluation: Evaluation, verdict: str, choice: str | None) -> None:
    assert evaluation.question is not None
    found = advice(replace(evaluation.question, verdict=verdict))  # type: ignore[arg-type]
    assert re.findall(r"start from (\w+):", found) == [choice] * bool(choice)
    means = evaluation.question.folds[["first", "second"]].mean()
    assert re.search(rf"{means['first']:.3f} with imagenet .*{means['second']:.3f} with random", found)


def test_the_higher_mean_is_named_first(outcome: Outcome) -> None:
    answer = evaluate(outcome(signal={"imagenet": 0.4, "random": 1.4}, backbones=("ResNet50",))).question
    assert answer is not None
    means = answer.folds[["first", "second"]].mean()
    assert re.findall(r"\d\.\d{3}", advice(answer)) == [f"{means['second']:.3f}", f"{means['first']:.3f}"]


def test_a_verdict_that_depends_on_the_convention_is_no_advice(outcome: Outcome) -> None:
    under = {("radimagenet", "radimagenet"): 2.5, ("radimagenet", "zero_one"): 0.1}
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    options = {"signal": signal, "alternatives": {"radimagenet": "zero_one"}, "backbones": ("ResNet50",)}
    answer = evaluate(outcome(under=under, **options)).question
    assert answer is not None
    assert "start from" not in advice(answer).split(":")[0] and "radimagenet and imagenet" in advice(answer)


@pytest.mark.parametrize("verdict", ["better", "worse", "equivalent"])
def test_no_weights_are_recommended_that_are_not_above_the_trivial(evaluation: Evaluation, verdict: str) -> None:
    assert evaluation.question and evaluation.learned
    answer = replace(evaluation.question, verdict=verdict)  # type: ignore[arg-type]
    every = tuple(replace(row, p_adjusted=0.001) for row in evaluation.learned.rows)
    assert "start from" in advice(answer, replace(evaluation.learned, rows=every)).split(":")[0]
    rows = tuple(replace(row, p_adjusted=0.3) for row in evaluation.learned.rows)
    nothing = replace(evaluation.learned, rows=rows, baseline="16 x 16 pixels")
    said = advice(answer, nothing)
    assert "start from" not in said.split(":")[0] and "16 x 16 pixels" in said
    one = replace(nothing, rows=(replace(rows[0], p_adjusted=0.001), *rows[1:]))  # imagenet alone
    assert ("start from" in advice(answer, one).split(":")[0]) == (verdict != "worse")
