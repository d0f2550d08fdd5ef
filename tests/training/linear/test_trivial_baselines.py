"""Trivial baselines: their inputs, and that they find a signal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.evaluation.metrics.auroc import auroc
from radtl_tf.records.runs import BINARY
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
