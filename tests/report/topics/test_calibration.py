"""The tables and the figure of calibration have the numbers of the evaluation."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.drawing.axes import legend_below
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.topics import calibration
from radtl_tf.report.topics.calibration import calibration_figure, recalibration_table, reliability_table

Axes = dict[str, Any]


def test_before_and_after_stand_below_each_other(evaluation: Evaluation) -> None:
    table = recalibration_table(evaluation)
    assert [row[4] for row in table.rows[:3]] == ["as they are", "Platt scaling", "temperature"]
    assert len(table.rows) == 3 * 8
    found = evaluation.secondary
    for row, (rows, name) in zip(
        table.rows,
        ((found.metrics.estimates, "Brier"), (found.calibration.estimates, "Platt scaling: Brier")),
        strict=False,
    ):
        expected = rows.set_index(["scenario", "metric"]).loc[("ResNet50-imagenet-caffe-frozen", name)]
        assert row[5] == f"{expected['mean']:.3f} ({expected['ci_low']:.3f} to {expected['ci_high']:.3f})"


def test_reliability_has_a_row_per_setting_and_bin(evaluation: Evaluation) -> None:
    table, found = reliability_table(evaluation), evaluation.secondary.calibration.reliability
    assert len(table.rows) == len(found) > len({row[0] for row in table.rows}) == 8
    first = found.iloc[0]
    interval = f"{first['share_low']:.3f} to {first['share_high']:.3f}"
    numbers = (f"{first['score']:.3f}", f"{first['share']:.3f}", interval)
    assert table.rows[0] == (first["scenario"], "1", str(first["cases"]), *numbers)


def test_refused_it_has_no_row(outcome: Callable[..., Path]) -> None:
    assert recalibration_table(evaluate(outcome(backbones=("ResNet50",), num_patients=80))).rows == ()


@pytest.fixture
def panels_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Evaluation], tuple[Figure, Axes]]:
    """Return a function that draws the figure and gives its axes by panel, too."""

    def draw(found: Evaluation) -> tuple[Figure, Axes]:
        seen: Axes = {}
        monkeypatch.setattr(calibration, "legend_below", lambda axes: seen.update(axes) or legend_below(axes))
        return calibration_figure(found), seen

    return draw


def test_the_figure_draws_the_bins_and_their_intervals(
    evaluation: Evaluation, panels_of: Callable[[Evaluation], tuple[Figure, Axes]]
) -> None:
    figure, axes = panels_of(evaluation)
    assert list(axes) == ["ResNet50, frozen", "ResNet50, top10", "InceptionV3, frozen", "InceptionV3, top10"]
    table = evaluation.secondary.calibration.reliability
    bins = table[table["scenario"] == "ResNet50-random-caffe-top10"]
    line = next(line for line in axes["ResNet50, top10"].get_lines() if line.get_label() == "random")
    np.testing.assert_allclose(line.get_xydata(), bins[["score", "share"]])
    bars = axes["ResNet50, top10"].collections[1].get_segments()
    np.testing.assert_allclose([segment[:, 1] for segment in bars], bins[["share_low", "share_high"]])
    assert "classes" not in figure.caption
    last = bins.iloc[-1]
    assert f"ResNet50, top10, random: {bins['share'].iloc[0]:.3f} " in figure.alt
    assert re.search(rf", {last['share']:.3f} [a-z ]+ {last['score']:.3f}; ", figure.alt)


def test_several_classes_are_averaged_and_the_caption_says_so(
    outcome: Callable[..., Path], panels_of: Callable[[Evaluation], tuple[Figure, Axes]]
) -> None:
    like = {"kind": "multiclass", "classes": ("a", "b", "c"), "backbones": ("ResNet50",), "num_patients": 300}
    found = evaluate(outcome(**like, tunings={"frozen": (0.01,)}))
    figure, axes = panels_of(found)
    table = found.secondary.calibration.reliability
    assert table["class"].nunique() == 3
    bins = table[table["scenario"] == "ResNet50-imagenet-caffe-frozen"].groupby("bin")[["score", "share"]].mean()
    np.testing.assert_allclose(axes["ResNet50, frozen"].get_lines()[0].get_xydata(), bins)
    assert "classes" in figure.caption
