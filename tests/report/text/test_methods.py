"""The Methods text holds every sentence once and follows the question."""

from __future__ import annotations

from collections.abc import Callable
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
    assert (
        "was the difference imagenet minus random on the same folds, per weights with the scenario" in said["question"]
    )
    assert "with 4 degrees of freedom" in said["metric"]
    assert "within 0.02 were declared equivalent" in said["equivalence"]
    grid = sentences(evaluate(outcome(question={"over": "grid", "margin": 0.05}, num_folds=4, backbones=("ResNet50",))))
    assert "as the mean over all scenarios of the grid" in grid["question"]
    assert "with 3 degrees of freedom" in grid["metric"]
    assert "within 0.05" in grid["equivalence"]


def test_without_a_question_no_comparison_is_claimed(outcome: Outcome) -> None:
    said = sentences(evaluate(outcome("none", question=None, backbones=("ResNet50",))))
    assert said["question"] == "No comparison was declared beforehand."
    assert said["equivalence"] == said["multiplicity"] == ""


def test_versions_and_hardware(evaluation: Evaluation) -> None:
    said = sentences(evaluation)
    assert said["software"] == "Software: radtl_tf 0.1.0 on python 3.11.9."
    runs = evaluation.record.runs
    assert said["hardware"] == f"Hardware: x86_64, GPU: none; {len(runs)} runs took {len(runs) * 3.5 / 60:.0f} minutes."
