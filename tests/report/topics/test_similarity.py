"""The figure of similarities shows every layer of the headline's conventions."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.results.similarity import COLUMNS
from radtl_tf.records.csv_text import csv_text
from radtl_tf.report.topics.similarity import layers_figure

Outcome = Callable[..., Path]


def texts(svg: str) -> list[str]:
    return ["".join(element.itertext()).strip() for element in ElementTree.fromstring(svg).iter("text")]


@pytest.mark.slow
def test_similarities_show_the_headlines_layers(outcome: Outcome) -> None:
    folder = outcome(pixels=("native", "torch"))
    rows: list[tuple[object, ...]] = []
    for backbone, pixels in (("ResNet50", "caffe"), ("ResNet50", "torch"), ("InceptionV3", "tf")):
        for layer, depth in (("first", 0.1), (f"{pixels} layer", 0.5), ("features", 1.0)):
            for weights, tuning in (("imagenet", "top10"), ("random", "top10"), ("imagenet", "frozen")):
                rows.append(("fine-tuning", backbone, pixels, weights, "", tuning, layer, depth, 1 - depth / 2, 80))
            rows.append(("sources", backbone, pixels, "imagenet", "random", "", layer, depth, float("nan"), 80))
    (folder / "similarity.csv").write_text(csv_text(COLUMNS, rows))
    figure = layers_figure(evaluate(folder))
    assert figure is not None
    svg = figure.svg
    shown = texts(svg)
    assert [text for text in shown if text in ("ResNet50", "InceptionV3")] == ["ResNet50", "InceptionV3"]
    assert {"caffe layer", "tf layer", "imagenet, top10", "random, top10"} <= set(shown)
    assert "torch layer" not in shown
    assert shown.count("imagenet and random, before") == 1
    assert not re.search(r"#0[123]0[123]0\d", svg)
    assert "ResNet50, imagenet, top10: from 0.950 to 0.500" in figure.alt
    assert figure.section == "training"


def test_without_similarities_there_is_no_figure(evaluation: Evaluation) -> None:
    assert layers_figure(evaluation) is None
