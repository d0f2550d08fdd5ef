"""The Methods text has every sentence once and follows the question."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.text.methods import PARAGRAPHS, paragraphs, sentences

Outcome = Callable[..., Path]


def test_every_sentence_stands_in_one_paragraph(evaluation: Evaluation) -> None:
    keys = [key for group in PARAGRAPHS.values() for key in group]
    assert sorted(keys) == sorted(sentences(evaluation))
    text = " ".join(paragraphs(evaluation).values())
    assert all(sentence in text for sentence in sentences(evaluation).values())
    assert "  " not in text


def test_the_question_is_told_as_it_was_asked(evaluation: Evaluation, outcome: Outcome) -> None:
    said = sentences(evaluation)
    assert "imagenet minus random" in said["question"]
    assert re.search(r"\b4 degrees", said["metric"])
    assert re.search(r"\b0\.02\b", said["equivalence"])
    grid = sentences(evaluate(outcome(question={"over": "grid", "margin": 0.05}, num_folds=4, backbones=("ResNet50",))))
    assert "grid" in grid["question"] and "grid" not in said["question"]
    assert re.search(r"\b3 degrees", grid["metric"])
    assert re.search(r"\b0\.05\b", grid["equivalence"])


def test_without_a_question_no_comparison_is_claimed(outcome: Outcome) -> None:
    said = sentences(evaluate(outcome("none", question=None, backbones=("ResNet50",))))
    assert " minus " not in said["question"]
    assert said["equivalence"] == said["multiplicity"] == ""


def test_versions_and_hardware(evaluation: Evaluation) -> None:
    said = sentences(evaluation)
    assert re.search(r"radtl_tf 0\.1\.0 .*python 3\.11\.9", said["software"])
    runs = evaluation.record.runs
    assert re.search(rf"x86_64, GPU: none; {len(runs)} runs .*\b{len(runs) * 3.5 / 60:.0f} minutes", said["hardware"])


def test_since_when_the_question_is_fixed(evaluation: Evaluation, changed: Callable[..., Evaluation]) -> None:
    assert "since" not in sentences(evaluation)["question"]
    assert "since 2026-11-30" in sentences(changed(evaluation, fixed_since="2026-11-30"))["question"]


def test_a_margin_that_was_not_set_is_the_default(evaluation: Evaluation, changed: Callable[..., Evaluation]) -> None:
    asked = evaluation.record.asked
    assert "default margin of 0.02" in sentences(evaluation)["equivalence"]
    other = sentences(changed(evaluation, question=replace(asked, margin=0.05)))["equivalence"]
    assert "declared margin of 0.05" in other and "default" not in other
