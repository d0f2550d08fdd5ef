"""The table and the figure of selective prediction have the numbers of the evaluation."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.secondary.selective_prediction import COVERAGES, at_coverage
from radtl_tf.report.drawing.axes import legend_below
from radtl_tf.report.topics import selective_prediction as selective
from radtl_tf.report.topics.selective_prediction import selective_figure, selective_table


def test_every_setting_has_every_coverage(evaluation: Evaluation) -> None:
    table = selective_table(evaluation)
    assert table.columns[4:] == (*(f"{c} % of cases" for c in (100, 90, 80, 70, 50)), "Area")
    assert len(table.rows) == 8
    rows = evaluation.secondary.selective.set_index(["scenario", "metric"])
    expected = rows.loc[("ResNet50-imagenet-caffe-frozen", "error rate at 80 % coverage"), "mean"]
    assert table.rows[0][6].startswith(f"{expected:.3f} (")


def test_the_figure_draws_the_rates_and_their_intervals(
    evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    axes: dict[str, Any] = {}
    monkeypatch.setattr(selective, "legend_below", lambda shown: axes.update(shown) or legend_below(shown))
    figure = selective_figure(evaluation)
    assert list(axes) == ["ResNet50, frozen", "ResNet50, top10", "InceptionV3, frozen", "InceptionV3, top10"]
    found = evaluation.secondary.selective.set_index(["scenario", "metric"])
    rows = found.loc[[("InceptionV3-imagenet-tf-top10", at_coverage(coverage)) for coverage in COVERAGES]]
    place = axes["InceptionV3, top10"]
    line = next(line for line in place.get_lines() if line.get_label() == "imagenet")
    np.testing.assert_allclose(line.get_xdata(), COVERAGES)
    np.testing.assert_allclose(line.get_ydata(), rows["mean"].astype(float))
    band = place.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((rows["ci_low"].min(), rows["ci_high"].max()))
    assert len({of_panel.get_ylim() for of_panel in axes.values()}) == 1
    first, last = rows.iloc[0], rows.iloc[-1]
    ends = [f"{row['mean']:.3f} ({row['ci_low']:.3f} to {row['ci_high']:.3f})" for row in (first, last)]
    assert f"InceptionV3, top10, imagenet: {ends[0]} and {ends[1]}" in figure.alt
    assert "100 %" in figure.alt and "50 %" in figure.alt
    assert re.search(r"distance .*0\.5", figure.caption)


def test_without_any_error_there_is_an_axis_and_no_band(outcome: Callable[..., Path]) -> None:
    like = {"signal": {"imagenet": 60.0, "random": 60.0}, "noise": 0.01, "tunings": {"frozen": (0.001,)}}
    figure = selective_figure(evaluate(outcome(backbones=("ResNet50",), **like)))
    assert "ResNet50, frozen, imagenet: 0.000 and 0.000" in figure.alt


@pytest.mark.parametrize(("kind", "words"), [("multiclass", "highest score"), ("multilabel", "separately")])
def test_what_is_decided_is_said_of_every_kind(outcome: Callable[..., Path], kind: str, words: str) -> None:
    like = {"kind": kind, "classes": ("a", "b", "c"), "num_patients": 300, "tunings": {"frozen": (0.01,)}}
    assert words in selective_figure(evaluate(outcome(backbones=("ResNet50",), **like))).caption
