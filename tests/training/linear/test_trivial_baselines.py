"""Trivial baselines: their inputs, and that they find a signal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.evaluation.metrics.auroc import auroc
from radtl_tf.records.runs import BINARY, Target
from radtl_tf.training.linear.trivial_baselines import BASELINES, predict_baselines


def test_a_baseline_scores_every_inner_and_test_image_of_every_fold(cases: Cases, fold: Fold, reading: Any) -> None:
    rng = np.random.default_rng(0)
    means = 0.4 + 0.1 * cases.truth + 0.05 * rng.normal(size=len(cases.truth))
    readings = [reading(mean=mean) for mean in means]
    table = pd.DataFrame(predict_baselines(readings, cases, [fold]), columns=list(BINARY.columns))
    assert table["scenario"].unique().tolist() == [
        "mean and SD"
    ]  # the inputs of the others are the same for all images
    assert len(table) == len(fold.inner) + len(fold.test)
    tested = table[table["part"] == "test"]
    assert tested["example"].tolist() == fold.test.tolist()
    assert auroc(tested["truth"].to_numpy(), tested["score"].to_numpy()) > 0.8


def test_without_a_difference_there_is_no_baseline(cases: Cases, fold: Fold, reading: Any) -> None:
    assert list(predict_baselines([reading()] * len(cases.truth), cases, [fold])) == []
    assert list(BASELINES) == ["mean and SD", "16 x 16 pixels", "metadata"]


def test_the_median_of_the_training_part_is_the_chance_of_numbers(
    cases: Cases, fold: Fold, reading: Callable[..., Any]
) -> None:
    numbers = replace(cases, truth=np.arange(72.0), classes=(), kind="regression")
    known = [reading(mean=place / 72, metadata={"age": str(int(place)), "view": "PA"}) for place in numbers.truth]
    rows = pd.DataFrame(predict_baselines(known, numbers, [fold]), columns=Target("regression", ()).columns)
    assert set(rows["scenario"]) == {"median", "mean and SD"}  # the age is the label, so it is no baseline
    median = rows[rows["scenario"] == "median"]
    assert (median["score"] == np.median(fold.train)).all() and set(median["part"]) == {"inner", "test"}
    np.testing.assert_array_equal(median["truth"], median["example"])
    errors = (rows["truth"] - rows["score"]).abs().groupby(rows["scenario"]).mean()
    assert errors["mean and SD"] < 0.2 * errors["median"]
