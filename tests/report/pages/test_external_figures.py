"""ROC curves of a test, and the figure of predicted numbers."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.evaluation.external.numbers import Numbers, evaluate_numbers
from radtl_tf.report.pages.external_figures import _mean, _roc, number_figure


def test_the_figure_of_numbers_names_its_unit_and_the_models() -> None:
    random = np.random.default_rng(1)
    truth = random.normal(12, 3, 30)
    numbers = Numbers(truth, truth[:, None] + random.normal(0, 1, (30, 2)), np.arange(30))
    found = number_figure(evaluate_numbers(["first", "<second>"], numbers, "patient", "years", seed=1), numbers)
    assert "truth (years)" in found.svg and "first" in found.svg and "&lt;second&gt;" in found.svg
    assert "patient" in found.caption and "Bland" in found.caption
    alone = Numbers(truth, numbers.scores[:, :1], numbers.patients)
    assert ">first<" not in number_figure(evaluate_numbers(["first"], alone, "patient", "mm", seed=1), alone).svg


def test_the_area_under_the_mean_curve_is_the_mean_area() -> None:
    random = np.random.default_rng(3)
    views = [(random.permutation(np.arange(30) < size), random.integers(0, 8, 30) / 8) for size in (4, 11, 20)]
    curves = [_roc(truth.astype(np.int64), scores) for truth, scores in views]
    wrong, found = _mean(curves)
    assert (np.diff(wrong) >= 0).all() and (np.diff(found) >= -1e-12).all()
    areas = [np.trapezoid(rates, at) for at, rates in curves]
    assert np.trapezoid(found, wrong) == pytest.approx(np.mean(areas))
    steps = [(np.array([0, 0, 1]), np.array([0, 1, 1])), (np.array([0, 1, 1]), np.array([0, 0, 1]))]
    wrong, found = _mean(steps)
    assert wrong.tolist() == [0, 0, 1, 1]
    assert found.tolist() == [0, 0.5, 0.5, 1]


def test_the_curve_takes_equal_scores_together() -> None:
    wrong, found = _roc(np.array([1, 0, 1, 0]), np.array([0.9, 0.5, 0.5, 0.1]))
    assert wrong.tolist() == [0, 0, 0.5, 1]
    assert found.tolist() == [0, 0.5, 1, 1]
    assert np.trapezoid(found, wrong) == pytest.approx(0.875)
