"""The first lines of the report say which weights to start from, and never more than the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.text.advice import advice, chances, headline

Outcome = Callable[..., Path]


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
    assert "imagenet better by more than 0.02: > 99 %" in found
    assert "random better by more than 0.02: < 1 %" in found


@pytest.mark.parametrize(
    ("verdict", "start"),
    [
        ("better", "On data like these, start from imagenet: imagenet has the mean AUROC "),
        ("worse", "On data like these, start from random: imagenet has the mean AUROC "),
        ("equivalent", "On data like these, start from either: imagenet has the mean AUROC "),
        ("undecided", "On data like these no choice is shown: imagenet has the mean AUROC "),
    ],
)
def test_the_advice_follows_the_verdict(evaluation: Evaluation, verdict: str, start: str) -> None:
    assert evaluation.question is not None
    found = advice(replace(evaluation.question, verdict=verdict))  # type: ignore[arg-type]
    assert found.startswith(start)
    means = evaluation.question.folds[["first", "second"]].mean()
    assert f"imagenet has the mean AUROC {means['first']:.3f}, random {means['second']:.3f}" in found


def test_the_higher_mean_is_named_first(outcome: Outcome) -> None:
    answer = evaluate(outcome(signal={"imagenet": 0.4, "random": 1.4}, backbones=("ResNet50",))).question
    assert answer is not None
    assert "random has the mean AUROC" in advice(answer)
    assert advice(answer).startswith("On data like these, start from random")


def test_a_verdict_that_depends_on_the_convention_is_no_advice(outcome: Outcome) -> None:
    under = {("radimagenet", "radimagenet"): 2.5, ("radimagenet", "zero_one"): 0.1}
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    options = {"signal": signal, "alternatives": {"radimagenet": "zero_one"}, "backbones": ("ResNet50",)}
    answer = evaluate(outcome(under=under, **options)).question
    assert answer is not None
    assert advice(answer).startswith("On data like these no choice between radimagenet and imagenet is shown")
