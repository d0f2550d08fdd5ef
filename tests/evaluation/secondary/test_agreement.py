"""Agreement of errors by hand and against scikit-learn; averaging never looks at the test part to choose."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score, jaccard_score

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.secondary.agreement import (
    both_err,
    both_err_by_chance,
    error_kappa,
    error_overlap,
    rank_correlation,
)

Outcome = Callable[..., Path]
FIRST = np.array([1, 1, 0, 0, 0, 1, 0, 0], bool)
SECOND = np.array([1, 0, 1, 0, 0, 1, 0, 0], bool)


def test_errors_by_hand_and_by_scikit_learn() -> None:
    assert both_err(FIRST, SECOND) == 2 / 8
    assert both_err_by_chance(FIRST, SECOND) == (3 / 8) ** 2
    assert error_kappa(FIRST, SECOND) == pytest.approx(cohen_kappa_score(FIRST, SECOND))
    assert error_overlap(FIRST, SECOND) == pytest.approx(jaccard_score(FIRST, SECOND)) == 0.5


def test_without_errors_there_is_nothing_to_agree_on() -> None:
    none = np.zeros(8, bool)
    assert both_err(none, SECOND) == 0
    assert math.isnan(error_kappa(none, SECOND))
    assert math.isnan(error_overlap(none, none))
    assert error_kappa(FIRST, FIRST) == error_overlap(FIRST, FIRST) == 1


def test_rank_correlation_is_spearmans() -> None:
    random = np.random.default_rng(0)
    first, second = np.round(random.random((2, 50)), 1)
    assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert math.isnan(rank_correlation(first, np.ones(50)))


def test_independent_errors_have_no_kappa_and_shared_noise_has_one(outcome: Outcome) -> None:
    signal = {"imagenet": 1.0, "random": 1.0}
    shared, own = (
        evaluate(outcome(name, backbones=("ResNet50",), signal=signal, noise=noise)).secondary.agreements[0]
        for name, noise in (("shared", 0.2), ("own", 20.0))
    )
    assert shared.measures["kappa of errors"].mean > 0.5
    assert abs(own.measures["kappa of errors"].mean) < 0.15
    assert shared.measures["both err"].mean > 1.5 * shared.measures["both err, expected by chance"].mean


def test_averaging_independent_models_gains_and_is_written(outcome: Outcome) -> None:
    signal = {"imagenet": 3.0, "random": 3.0}
    found = evaluate(outcome(backbones=("ResNet50",), signal=signal, noise=3.0))
    (agreement,) = found.secondary.agreements
    assert agreement.gain.mean > 0.02
    assert agreement.gain.mean == pytest.approx(agreement.together.mean - agreement.better.mean)
    (row,) = found.secondary.averages.to_dict("records")
    assert (row["level"], row["a"], row["b"]) == ("average", "mean of imagenet and random", "better of the two")
    assert row["difference"] == agreement.gain.mean
    assert row["reason"].startswith("secondary")


def test_the_better_one_is_that_of_lower_inner_loss(evaluation: Evaluation) -> None:
    folds = evaluation.folds[~evaluation.folds["scenario"].str.contains("probe")]
    best = folds.loc[folds.groupby("fold")["inner_loss"].idxmin(), "value"]
    assert evaluation.secondary.agreements[0].better.mean == pytest.approx(best.mean())


def test_over_the_grid_it_is_still_of_the_chosen(outcome: Outcome) -> None:
    selected = evaluate(outcome("selected", backbones=("ResNet50",)))
    grid = evaluate(outcome("grid", backbones=("ResNet50",), question={"over": "grid", "margin": 0.02}))
    assert grid.secondary.agreements == selected.secondary.agreements


def test_without_a_question_there_is_none(outcome: Outcome) -> None:
    found = evaluate(outcome(question=None, backbones=("ResNet50",))).secondary
    assert found.agreements == []
    assert len(found.averages) == 0
