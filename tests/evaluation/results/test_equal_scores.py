"""Weights that give the same scores in every run are one network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.report.text.advice import advice, headline


@pytest.fixture
def twice(outcome: Callable[..., Path]) -> Path:
    """Return an experiment whose second weights have the scores of the first."""
    folder = outcome(backbones=("ResNet50",))
    table = pd.read_csv(folder / "predictions.csv", dtype=str)
    first = table[table["scenario"].str.contains("imagenet")]
    second = first.assign(scenario=first["scenario"].str.replace("imagenet", "random"))
    pd.concat([first, second]).to_csv(folder / "predictions.csv", index=False)
    return folder


def test_the_same_scores_are_no_comparison(twice: Path) -> None:
    found = evaluate(twice)
    assert found.question and found.question.is_one_network
    assert found.question.verdict == "undecided"
    assert "imagenet and random" in found.alarms[0]
    assert "the same scores" in headline(found.question)
    assert "start from" not in advice(found.question, found.learned)


def test_one_other_score_makes_them_two(twice: Path) -> None:
    table = pd.read_csv(twice / "predictions.csv", dtype=str)
    table.loc[table.index[-1], "score"] = "0.123"
    table.to_csv(twice / "predictions.csv", index=False)
    found = evaluate(twice)
    assert found.question and not found.question.is_one_network
    assert not any("one network" in alarm for alarm in found.alarms)


def test_a_regression_that_hardly_varies_is_an_alarm(outcome: Callable[..., Path]) -> None:
    folder = outcome(kind="regression", question={"margin": 0.5}, backbones=("ResNet50",), tunings={"frozen": (0.01,)})
    assert not any("nearly the same number" in alarm for alarm in evaluate(folder).alarms)
    table = pd.read_csv(folder / "predictions.csv", dtype={"patient": str})
    flat = table["scenario"] == "ResNet50-random-caffe-frozen-0.01"
    table.loc[flat, "score"] = 12 + 0.02 * (table.loc[flat, "score"] - 12)
    table.to_csv(folder / "predictions.csv", index=False)
    (alarm,) = [alarm for alarm in evaluate(folder).alarms if "nearly the same number" in alarm]
    assert alarm.startswith("5 of ")
