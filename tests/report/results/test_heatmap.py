"""The heatmap shows the mean of every scenario in its cell."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.results.heatmap import heatmap_figure

Outcome = Callable[..., Path]


def drawn(evaluation: Evaluation) -> Figure:
    figure = heatmap_figure(evaluation)
    assert figure is not None
    return figure


def texts(figure: Figure) -> list[str]:
    return ["".join(element.itertext()).strip() for element in ElementTree.fromstring(figure.svg).iter("text")]


def test_every_scenario_has_a_cell_with_its_mean(evaluation: Evaluation) -> None:
    figure = drawn(evaluation)
    means = evaluation.estimates.query("learning_rate != 'selected' and tuning != 'probe'")["mean"]
    assert [text for text in texts(figure) if text.startswith("0.")] == [f"{mean:.3f}" for mean in _by_row(evaluation)]
    assert len(means) == 16
    assert {"imagenet", "random", "ResNet50, frozen, 0.01", "InceptionV3, top10, 0.0001"} <= set(texts(figure))
    assert f"16 scenarios from {means.min():.3f} to {means.max():.3f}" in figure.alt


def _by_row(evaluation: Evaluation) -> list[float]:
    rows = evaluation.estimates.query("learning_rate != 'selected' and tuning != 'probe'")
    groups = rows.groupby(["backbone", "tuning", "learning_rate"], sort=False)
    return [mean for _, group in groups for mean in group.sort_values("weights")["mean"]]


def test_the_highest_cell_is_the_strongest_and_a_number_stays_readable(evaluation: Evaluation) -> None:
    opacities = [
        float(found) for found in re.findall(r"fill: var\(--series-1\); opacity: ([\d.]+)", drawn(evaluation).svg)
    ]
    assert len(opacities) == 16
    assert min(opacities) == 0.05 and max(opacities) == 0.5


@pytest.mark.slow
def test_conventions_are_columns_only_where_weights_have_several(outcome: Outcome) -> None:
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    found = texts(drawn(evaluate(outcome(signal=signal, alternatives={"radimagenet": "zero_one"}))))
    assert "imagenet" in found and "caffe" not in found  # one convention per backbone
    assert found.count("radimagenet") == 3 and "zero_one" in found  # as a name twice, and as a convention


def test_a_scenario_that_the_grid_has_not_is_a_dash(outcome: Outcome) -> None:
    found = texts(drawn(evaluate(outcome(pixels=("native", "tf")))))
    assert found.count("-") == 8  # InceptionV3 has no run with caffe pixels


def test_the_only_scenario_is_no_heatmap(outcome: Outcome) -> None:
    found = evaluate(outcome(signal={"a": 1.0}, question=None, backbones=("ResNet50",), tunings={"full": (1e-3,)}))
    assert heatmap_figure(found) is None
