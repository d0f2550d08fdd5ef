"""The tables of the ablation and of similarities have the numbers of the evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.results.similarity import COLUMNS
from radtl_tf.records.csv_text import csv_text
from radtl_tf.report.topics.pixel_ablation import BEFORE_AND_AFTER, BOTH_BEFORE, pixels_table, similarity_table

Outcome = Callable[..., Path]


@pytest.mark.slow
@pytest.mark.parametrize("head_input", ["raw", "standardized"])
def test_every_convention_has_a_row_for_the_head_and_the_probe(outcome: Outcome, head_input: str) -> None:
    found = evaluate(outcome(pixels=("caffe", "tf", "zero_one"), backbones=("ResNet50",), head_input=head_input))
    table = pixels_table(found)
    assert [row[:2] for row in table.rows] == [
        (pixels, model) for pixels in ("caffe", "tf", "zero_one") for model in ("trained head", "linear probe")
    ]
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert f"head_input = {head_input}" in table.caption
    rows = {(row[0], row[1]): row for row in table.rows}
    for level, model in (("pixels", "trained head"), ("pixels-probe", "linear probe")):
        for _, expected in found.comparisons[found.comparisons["level"] == level].iterrows():
            row = rows[expected["a"].split("-")[1], model]
            assert row[4] == f"{expected['difference']:+.3f}"
            assert row[5] == f"{expected['ci_low']:.3f} to {expected['ci_high']:.3f}".replace("-0.000", "0.000")
            assert row[7] == expected["outcome"]
    changes = found.comparisons[found.comparisons["level"] == "change"]
    assert [rows[name, "trained head"][8] for name in ("tf", "zero_one")] == [
        f"{d:+.3f}" for d in changes["difference"]
    ]
    assert rows["caffe", "trained head"][8:] == ("", "", "")


def test_without_frozen_settings_there_is_no_probe(outcome: Outcome) -> None:
    folder = outcome(pixels=("caffe", "tf"), backbones=("ResNet50",), probes=False)
    assert [row[1] for row in pixels_table(evaluate(folder)).rows] == ["trained head"] * 2


def test_without_ablation_and_similarities_the_tables_are_empty(evaluation: Evaluation) -> None:
    assert pixels_table(evaluation).rows == ()
    assert similarity_table(evaluation).rows == ()


def test_similarities_are_listed_by_depth(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",))
    tuned = ("fine-tuning", "ResNet50", "caffe", "imagenet", "", "top10")
    both = ("sources", "ResNet50", "caffe", "imagenet", "random", "")
    rows = [(*tuned, "features", 1.0, 0.25, 80), (*tuned, "conv1_relu", 0.1, 1.0, 80), (*both, "features", 1, 0.5, 80)]
    (folder / "similarity.csv").write_text(csv_text(COLUMNS, rows))
    found = evaluate(folder)
    assert isinstance(found.similarity, pd.DataFrame)
    assert similarity_table(found).rows == (
        (BEFORE_AND_AFTER, "ResNet50", "imagenet", "caffe", "top10", "conv1_relu", "1.000", "80"),
        (BEFORE_AND_AFTER, "ResNet50", "imagenet", "caffe", "top10", "features", "0.250", "80"),
        (BOTH_BEFORE, "ResNet50", "imagenet / random", "caffe", "", "features", "0.500", "80"),
    )
