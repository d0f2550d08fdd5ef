"""The question with fewer training patients."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from radtl_tf.evaluation.evaluate import evaluate, write_tables
from radtl_tf.evaluation.inference.comparison import holm
from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.question.learning_curve import agrees

SMALL: dict[str, Any] = {
    "backbones": ("ResNet50",),
    "tunings": {"frozen": (0.01, 0.001)},
    "shares": (1.0, 0.1, 0.5),
    "num_repeats": 3,
    "noise": 0.02,
    "num_patients": 400,
}
APART = {("imagenet", 0.1): 2.0, ("random", 0.1): 0.4, ("imagenet", 0.5): 2.0, ("random", 0.5): 2.0}
Outcome = Callable[..., Path]


def test_a_gap_that_closes_is_said_with_the_number_of_patients(outcome: Outcome) -> None:
    found = evaluate(outcome(signal={"imagenet": 2.0, "random": 2.0}, at_share=APART, **SMALL)).learning_curve
    assert found
    assert found.steps["train_fraction"].tolist() == [0.1, 0.5, 1.0]
    assert found.steps["patients"].tolist() == [25, 125, 250]
    assert found.steps["verdict"].tolist() == ["better", "equivalent", "equivalent"]
    assert re.findall(r"about (\d+)", found.sentence) == ["25", "125", "250", "125"]  # every step, then where it closes


def test_p_is_adjusted_over_all_shares_and_the_question_is_not(outcome: Outcome) -> None:
    found = evaluate(outcome(**SMALL)).learning_curve
    assert found
    adjusted = holm(found.steps["p_value"])
    assert found.steps["p_adjusted"].iloc[:2].tolist() == pytest.approx(adjusted[:2])
    assert found.steps["p_adjusted"].iloc[2] == found.steps["p_value"].iloc[2]


PROBE = FoldMean(mean=0.05, sd=0.01, standard_error=0.01, df=4)


@pytest.mark.parametrize(
    ("verdict", "mean", "error", "agreed"),
    [
        ("better", 0.05, 0.01, True),
        ("worse", 0.05, 0.01, False),
        ("better", 0.05, 0.05, False),  # the probe does not show the difference
        ("worse", -0.05, 0.01, True),
        ("equivalent", 0.05, 0.01, False),
        ("equivalent", 0.05, 0.05, True),
        ("equivalent", 0.01, 0.001, True),  # a real difference within the margin
        ("undecided", 0.05, 0.01, True),
    ],
)
def test_the_probe_agrees(verdict: Any, mean: float, error: float, agreed: bool) -> None:
    assert agrees(verdict, replace(PROBE, mean=mean, standard_error=error), 0.02) == agreed
    assert agrees(verdict, None, 0.02) == (verdict == "undecided")


@pytest.mark.slow
def test_what_the_probe_does_not_show_is_not_said(outcome: Outcome) -> None:
    folder = outcome(signal={"imagenet": 2.0, "random": 2.0}, at_share=APART, **SMALL)
    said = evaluate(folder).learning_curve
    assert said and said.steps["probe_agrees"].all() and "25 training patients imagenet is better" in said.sentence
    table = pd.read_csv(folder / "predictions.csv", dtype=str)
    probes = table["scenario"].str.contains("probe") & table["scenario"].str.contains("0.1")
    table.loc[probes, "score"] = table.loc[probes, "example"].map(lambda example: str(0.2 + 0.001 * (int(example) % 7)))
    table.to_csv(folder / "predictions.csv", index=False)
    found = evaluate(folder).learning_curve
    assert found and found.steps["verdict"].tolist() == said.steps["verdict"].tolist()
    assert found.steps["probe_agrees"].tolist() == [False, True, True]
    assert "imagenet is better" not in found.sentence and "25 training patients undecided" in found.sentence


@pytest.mark.slow
def test_where_all_patients_leave_it_open_nothing_is_claimed(outcome: Outcome) -> None:
    found = evaluate(outcome(signal={"imagenet": 1.5, "random": 1.0}, **SMALL | {"noise": 0.5})).learning_curve
    assert found and found.steps["verdict"].iloc[-1] != "equivalent"
    assert re.findall(r"about (\d+)", found.sentence) == ["25", "125", "250"]


def test_the_row_with_all_patients_is_the_question(outcome: Outcome) -> None:
    evaluation = evaluate(outcome(**SMALL))
    assert evaluation.learning_curve
    last = evaluation.learning_curve.steps.iloc[-1]
    (question,) = evaluation.comparisons[evaluation.comparisons["level"] == "question"].to_dict("records")
    for name in ("a", "b", "difference", "ci_low", "ci_high", "p_value", "p_adjusted"):
        assert last[name] == question[name]
    assert question["outcome"] == last["verdict"]


@pytest.mark.slow
def test_smaller_shares_leave_everything_else_as_it_is(outcome: Outcome) -> None:
    alone = evaluate(outcome("alone", **SMALL | {"shares": (1.0,)}))
    among = evaluate(outcome("among", **SMALL))
    assert alone.learning_curve is None
    assert set(alone.estimates["scenario"]) == set(among.estimates["scenario"])
    assert len(alone.comparisons) == len(among.comparisons)


def test_the_curve_is_written(outcome: Outcome) -> None:
    folder = outcome(**SMALL)
    evaluation = evaluate(folder)
    write_tables(folder, evaluation)
    found = evaluation.learning_curve
    written = pd.read_csv(folder / "learning_curve.csv")
    assert found and written["mean"].tolist() == pytest.approx(found.curve["mean"].tolist())
    assert len(written) == 3 * 2
