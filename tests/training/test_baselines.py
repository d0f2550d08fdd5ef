"""Trivial baselines: what they see, and that they find it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from radtl_tf.data.cases import Cases
from radtl_tf.data.folds import Fold
from radtl_tf.data.reading import Reading
from radtl_tf.evaluation.metrics import auroc
from radtl_tf.records.runs import PREDICTION_COLUMNS
from radtl_tf.training.baselines import BASELINES, mean_and_sd, metadata, predict_baselines, thumbnails


def reading(**changes: Any) -> Reading:
    plain = Reading(
        sha256="",
        pixels_hash="",
        height=20,
        width=40,
        bits=8,
        mean=0.5,
        sd=0.2,
        border=0.0,
        signature=np.zeros((32, 32), np.uint8),
    )
    return dataclasses.replace(plain, **changes)


def test_what_each_baseline_sees() -> None:
    half = np.zeros((32, 32), np.uint8)
    half[:, 16:] = 255
    readings = [reading(mean=0.25, signature=half), reading()]
    np.testing.assert_allclose(mean_and_sd(readings), [[0.25, 0.2], [0.5, 0.2]])
    small = thumbnails(readings).reshape(2, 16, 16)
    np.testing.assert_array_equal(small[0], np.repeat([[0.0] * 8 + [1.0] * 8], 16, axis=0))


def test_metadata_become_numbers_with_what_is_unknown_marked() -> None:
    described = [{"age": "40", "view": "PA"}] * 5 + [{"age": "60", "view": "AP"}] * 5 + [{"age": "young"}] * 5
    table = metadata([reading(metadata=row, height=10 + row.get("age", "0").count("4")) for row in described])
    assert table.shape[0] == 15
    assert table[[0, 5, 10], 0].tolist() == [11, 10, 10]
    assert table[[0, 5, 10], 4].tolist() == [40, 60, 50]  # the median where the age is no number
    assert table[[0, 10], 6].tolist() == [1, 0]
    sexes = [reading(metadata={"sex": sex}) for sex in "MF" * 5]
    assert not np.ptp(metadata(sexes), axis=0).any()  # it may be the label


def test_a_baseline_scores_every_inner_and_test_image_of_every_fold(cases: Cases, fold: Fold) -> None:
    rng = np.random.default_rng(0)
    means = 0.4 + 0.1 * cases.truth + 0.05 * rng.normal(size=len(cases.truth))
    readings = [reading(mean=mean) for mean in means]
    table = pd.DataFrame(predict_baselines(readings, cases, [fold]), columns=list(PREDICTION_COLUMNS))
    assert table["scenario"].unique().tolist() == ["mean and SD"]  # the others have nothing to tell images apart by
    assert len(table) == len(fold.inner) + len(fold.test)
    tested = table[table["part"] == "test"]
    assert tested["example"].tolist() == fold.test.tolist()
    assert auroc(tested["truth"].to_numpy(), tested["score"].to_numpy()) > 0.8


def test_without_a_difference_there_is_no_baseline(cases: Cases, fold: Fold) -> None:
    assert list(predict_baselines([reading()] * len(cases.truth), cases, [fold])) == []
    assert list(BASELINES) == ["mean and SD", "16 x 16 pixels", "metadata"]
