"""Runs and tests use one table of metrics, with one key, name and formula each."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest

from radtl_tf.evaluation.metrics.metric_table import (
    BY_NAME,
    INNER_LOSSES,
    METRICS,
    OF_STAGES,
    SECONDARY,
    Metric,
    question_metric,
    secondary_metrics,
)
from radtl_tf.records.experiment import Kind

OF_SCORES = [metric for metric in METRICS.values() if metric.formula and not metric.takes_all]


def cases(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = (random.random(60) < 0.3).astype(int)
    return truth, np.round(np.clip(random.normal(0.4 + 0.2 * truth, 0.25), 0, 1), 1)


def classes(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    scores = random.dirichlet([1, 1, 1], 90)
    return np.eye(3, dtype=int)[np.arange(90) % 3], scores


def test_keys_and_names_are_unique() -> None:
    assert len(BY_NAME) == len(METRICS)
    assert [key for key, metric in METRICS.items() if key != metric.key] == []


def test_the_names_in_files_stay() -> None:
    assert [metric.name for metric in SECONDARY] == [
        *("average precision", "balanced accuracy", "MCC", "Brier", "log loss"),
        *("calibration slope", "calibration intercept", "ECE"),
    ]
    assert {"auroc", "average_precision", "brier", "mcc", "accuracy", "sensitivity"} <= set(METRICS)


@pytest.mark.parametrize("metric", OF_SCORES, ids=lambda metric: metric.key)
def test_order_does_not_matter_and_values_stay_in_their_range(metric: Metric) -> None:
    truth, score = cases(7)
    order = np.random.default_rng(0).permutation(len(truth))
    value = metric.of("binary")(truth, score)
    assert metric.of("binary")(truth[order], score[order]) == pytest.approx(value)
    low, high = metric.bounds("binary")
    assert low <= value <= high
    low, high = metric.bounds("multiclass")
    assert low <= metric.of("multiclass")(*classes(3)) <= high


@pytest.mark.parametrize("metric", [metric for metric in OF_SCORES if metric.weighted], ids=lambda metric: metric.key)
def test_a_test_and_a_run_measure_the_same(metric: Metric) -> None:
    truth, score = cases(5)
    drawn = metric.prepared(truth, score)(np.ones((len(truth), 1)))
    assert drawn.item() == pytest.approx(metric.of("binary")(truth, score), abs=1e-6)


@pytest.mark.parametrize(
    ("key", "better"),
    [("mcc", "higher"), ("brier", "lower"), ("calibration_slope", "near 1"), ("ece", "lower")]
    + [("mae", "lower"), ("bias", "near 0"), ("r2", "higher"), ("weighted_kappa", "higher"), ("stage_error", "lower")],
)
def test_which_values_are_better(key: str, better: str) -> None:
    assert METRICS[key].better == better


def test_every_kind_has_its_metric_and_its_secondary_ones() -> None:
    assert {kind: question_metric(kind).key for kind in get_args(Kind)} == {
        **dict.fromkeys(("binary", "multiclass", "multilabel", "ordinal"), "auroc"),
        "regression": "mae",
    }
    assert set(INNER_LOSSES) == set(get_args(Kind))
    numbers, stages = secondary_metrics("regression"), secondary_metrics("ordinal")
    assert [metric.key for metric in numbers] == [
        *("rmse", "r2", "concordance", "bias", "lower_limit", "upper_limit"),
    ]
    assert stages[:4] == OF_STAGES and stages[4:] == SECONDARY


def test_numbers_and_stages_are_measured_at_once() -> None:
    truth = np.array([[0, 0], [1, 0], [1, 1], [1, 1]])
    for metric in OF_STAGES:
        assert metric.of("ordinal")(truth, truth.astype(float)) == pytest.approx(metric.ideal)
    numbers = np.array([3.0, 8.0, 5.5])
    for metric in (METRICS["mae"], *secondary_metrics("regression")):
        assert metric.of("regression")(numbers, numbers) == pytest.approx(metric.ideal)


def test_the_best_scores_have_the_ideal_values() -> None:
    truth, _ = cases(1)
    for key in ("auroc", "average_precision", "balanced_accuracy", "mcc", "brier", "log_loss", "ece"):
        assert METRICS[key].of("binary")(truth, truth.astype(float)) == pytest.approx(METRICS[key].ideal, abs=1e-6)


def test_with_one_class_some_metrics_have_no_value() -> None:
    none, score = np.zeros(4, int), np.array([0.1, 0.2, 0.6, 0.7])
    for key in ("auroc", "average_precision", "balanced_accuracy", "calibration_slope", "calibration_intercept"):
        assert math.isnan(METRICS[key].of("binary")(none, score))


def test_what_is_not_measured_so_says_so() -> None:
    with pytest.raises(ValueError, match="ppv"):
        METRICS["ppv"].of("binary")
    with pytest.raises(ValueError, match="ece"):
        METRICS["ece"].prepared(*cases(1))
