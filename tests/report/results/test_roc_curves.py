"""The figures of ROC and precision-recall curves."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.formatting import with_interval
from radtl_tf.records.runs import SELECTED
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.results.roc_curves import precision_recall_figure, roc_figure

Outcome = Callable[..., Path]
Maker = Callable[[Evaluation], Figure | None]


def drawn(make: Maker, evaluation: Evaluation) -> Figure:
    figure = make(evaluation)
    assert figure is not None
    return figure


def texts(figure: Figure) -> list[str]:
    return ["".join(element.itertext()).strip() for element in ElementTree.fromstring(figure.svg).iter("text")]


@pytest.mark.parametrize("make", [roc_figure, precision_recall_figure])
def test_a_panel_per_setting_and_a_line_per_weights(evaluation: Evaluation, make: Maker) -> None:
    figure = drawn(make, evaluation)
    shown = texts(figure)
    panels = ["the question", "ResNet50, frozen", "ResNet50, top10", "InceptionV3, frozen", "InceptionV3, top10"]
    assert [text for text in shown if text in panels] == panels
    assert shown.count("imagenet") == shown.count("random") == 1  # in the legend
    assert "var(--series-1)" in figure.svg and "var(--series-2)" in figure.svg
    assert "spread" in figure.caption and "'the question'" in figure.caption


def test_the_alternative_text_says_a_point_of_every_line(evaluation: Evaluation) -> None:
    table = evaluation.curves
    row = table[(table["kind"] == "roc") & (table["panel"] == "question") & (table["x"].between(0.099, 0.101))].iloc[0]
    expected = f"question, imagenet: {row['mean']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
    assert expected in drawn(roc_figure, evaluation).alt


def test_every_roc_panel_has_the_auroc_of_its_lines_with_the_interval(evaluation: Evaluation) -> None:
    shown = texts(drawn(roc_figure, evaluation))
    chosen = evaluation.estimates[evaluation.estimates["learning_rate"] == SELECTED]
    for row in chosen.to_dict("records"):
        assert with_interval(row["mean"], row["ci_low"], row["ci_high"]) in shown
    assert sum(" to " in text for text in shown) == len(chosen) + 2  # and both sides of the question


def test_names_that_matplotlib_would_leave_out_are_in_the_legend(outcome: Outcome) -> None:
    found = evaluate(outcome(signal={"_a": 1.0, "$b$": 0.5}, backbones=("ResNet50",), tunings={"full": (1e-3,)}))
    figure = drawn(roc_figure, found)
    assert {"_a", "$b$"} <= set(texts(figure))
    assert "'the question'" not in figure.caption


@pytest.mark.parametrize("unit", ["patient", "image"])
def test_precision_has_the_share_of_positive_cases_as_its_floor(outcome: Outcome, unit: str) -> None:
    found = evaluate(outcome(unit=unit, backbones=("ResNet50",), tunings={"frozen": (0.01,)}))
    figure = drawn(precision_recall_figure, found)
    # at the lowest threshold, where the curve ends, every case is called positive
    ends = found.curves.query("kind == 'precision-recall' and x == 1")["low"]
    test = found.parts.query("part == 'test'")
    cases = ("positive_patients", "patients") if unit == "patient" else ("positives", "images")
    share = float((test[cases[0]] / test[cases[1]]).mean())
    heights = re.findall(r'd="M ([\d.]+) ([\d.]+) \s*L ([\d.]+) \2 \s*" clip-path', figure.svg)
    top, bottom = (_height(figure, text) for text in ("1.0", "0.0"))
    drawn_at = [(bottom - float(y)) / (bottom - top) for _, y, _ in heights]
    assert any(abs(at - share) < 0.01 for at in drawn_at)
    assert (ends > share - 0.1).all()


def _height(figure: Figure, text: str) -> float:
    """Return where the tick of the y axis with this text is, from its mark."""
    ticks = re.findall(
        r'<use href="#\w+" x="[\d.]+" y="([\d.]+)"[^>]*/>\s*</g>\s*</g>\s*<g>\s*<text[^>]*>([\d.]+)<', figure.svg
    )
    return [float(y) for y, shown in ticks if shown == text][-1]


@pytest.mark.slow
def test_the_two_readings_of_uncertain_weights_differ_in_their_dashes(outcome: Outcome) -> None:
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    found = evaluate(outcome(signal=signal, alternatives={"radimagenet": "zero_one"}, backbones=("ResNet50",)))
    figure = drawn(roc_figure, found)
    assert {"radimagenet-radimagenet", "radimagenet-zero_one", "imagenet"} <= set(texts(figure))
    assert (
        figure.svg.count("stroke-dasharray")
        > drawn(roc_figure, evaluate(outcome("plain"))).svg.count("stroke-dasharray") / 2
    )
