"""Sentences on secondary analyses appear only with the analysis, and agree with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.metrics.metric_table import SECONDARY
from radtl_tf.evaluation.secondary.secondary_metrics import UNIT
from radtl_tf.report.text.methods import paragraphs, sentences

Outcome = Callable[..., Path]
OPTIONAL = ("points", "subgroups")


def test_what_is_not_adjusted_is_said(evaluation: Evaluation) -> None:
    rows = pd.concat([evaluation.comparisons, evaluation.secondary.comparisons])
    assert set(rows.loc[rows["method"].str.contains("not adjusted"), "level"]) == {"question", UNIT}
    said = sentences(evaluation)["multiplicity"]
    assert "per image" in said and "published" in said
    metrics = evaluation.secondary.metrics
    left = metrics.comparisons[metrics.comparisons["level"] != UNIT]
    secondary = replace(evaluation.secondary, metrics=replace(metrics, comparisons=left))
    published = evaluation.published.assign(p_value=float("nan"))
    without = sentences(replace(evaluation, secondary=secondary, published=published))["multiplicity"]
    assert "per image" not in without and "published" not in without and "Holm" in without


def test_each_piece_that_is_there_has_its_sentence(evaluation: Evaluation) -> None:
    said = sentences(evaluation)
    assert all(metric.name in said["secondary"] for metric in SECONDARY)
    assert re.search(r"\b0\.5 .*positive", said["secondary"])
    assert "Platt" in said["recalibration"] and said["agreement"]
    assert "100, 90, 80, 70 and 50 %" in said["selective"]
    assert {key: said[key] for key in OPTIONAL} == dict.fromkeys(OPTIONAL, "")
    assert said["selective"] in paragraphs(evaluation)["Secondary analyses"]


def test_what_was_asked_for_is_named(outcome: Outcome) -> None:
    asked = {"operating_points": ["youden", "specificity = 0.9"], "subgroups": ["sex", "age", "body_part"]}
    folder = outcome(backbones=("ResNet50",), num_patients=400, tunings={"frozen": (0.01,)}, evaluation=asked)
    examples = pd.read_csv(folder / "folds.csv")["example"].drop_duplicates()
    lines = [f"{example},{'FM'[example % 2]},{20 + example % 60},CHEST\n" for example in examples]
    (folder / "metadata.csv").write_text("".join(["example,sex,age,body_part\n", *lines]))
    said = sentences(evaluate(folder))
    assert "(youden and specificity = 0.9)" in said["points"]
    assert re.search(r"sex, age .*\b20 years.* and body part", said["subgroups"])


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_several_classes_are_recalibrated_and_called_in_their_own_way(outcome: Outcome, kind: str) -> None:
    like = {"kind": kind, "classes": ("a", "b", "c"), "num_patients": 300, "tunings": {"frozen": (0.01,)}}
    said = sentences(evaluate(outcome(backbones=("ResNet50",), **like)))
    assert ("Platt" in said["recalibration"]) == (kind == "multilabel")
    assert ("highest score" in said["secondary"]) == (kind == "multiclass")


def test_refused_or_unasked_there_is_none(outcome: Outcome) -> None:
    like = {"num_patients": 80, "question": None, "evaluation": {"operating_points": ["youden"]}}
    said = sentences(evaluate(outcome(backbones=("ResNet50",), tunings={"frozen": (0.01,)}, **like)))
    assert said["points"] == said["recalibration"] == said["agreement"] == said["multiplicity"] == ""
