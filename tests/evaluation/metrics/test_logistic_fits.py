"""Fits of many runs at once: each is the fit of its run alone, whatever its neighbors are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit

from radtl_tf.evaluation.metrics import logistic_fits
from radtl_tf.evaluation.metrics.logistic_fits import factors, intercepts, lines, solved


def runs(sizes: tuple[int, ...] = (30, 80, 12, 200)) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return log-odds and truth of runs of different sizes."""
    random = np.random.default_rng(4)
    x = [random.normal(0.5, 1.5, size) for size in sizes]
    return x, [(random.random(len(of)) < expit(0.4 * of - 0.3)).astype(float) for of in x]


def test_a_run_has_the_same_fit_alone_and_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    x, truth = runs()
    together = lines(x, truth)
    np.testing.assert_allclose(together, [lines([one], [of])[0] for one, of in zip(x, truth, strict=True)], atol=1e-9)
    monkeypatch.setattr(logistic_fits, "_BLOCK", 1)  # a block for each
    np.testing.assert_allclose(lines(x, truth), together, atol=1e-9)


def test_lines_solve_the_score_equations() -> None:
    x, truth = runs()
    for of, labels, (a, b) in zip(x, truth, lines(x, truth), strict=True):
        rest = labels - expit(a + b * of)
        assert (rest.sum(), (rest * of).sum()) == pytest.approx((0, 0), abs=1e-6)


def test_constant_scores_have_no_slope() -> None:
    (a, b), _ = lines([np.full(8, 0.7), np.arange(8.0)], [np.array([1.0] * 6 + [0.0] * 2), np.tile([0.0, 1.0], 4)])
    assert (a, b) == pytest.approx((np.log(3), 0))


def test_intercepts_and_factors_agree_with_a_search_of_each_run() -> None:
    x, truth = runs()
    found = zip(intercepts(x, truth, np.full(4, 20.0)), factors(x, truth, 0.05, 20.0), x, truth, strict=True)
    for a, s, of, labels in found:
        assert a == pytest.approx(brentq(lambda at: expit(at + of).sum() - labels.sum(), -20, 20), abs=1e-9)  # noqa: B023
        loss = minimize_scalar(
            lambda at: (np.logaddexp(0, at * of) - labels * at * of).mean(),  # noqa: B023
            bounds=(0.05, 20),
            method="bounded",
            options={"xatol": 1e-9},
        )
        assert s == pytest.approx(loss.x, abs=1e-6)


def test_a_factor_without_an_optimum_is_the_end_of_its_range() -> None:
    apart, reversed_ = np.array([0.0, 0.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0, 0.0])
    x = np.array([-2.0, -1.0, 1.0, 2.0])
    assert factors([x, x], [apart, reversed_], 0.05, 20.0) == pytest.approx([20, 0.05])


def test_two_equations_are_solved_also_where_they_are_one() -> None:
    curvature = np.array([[2.0, 1.0, 3.0], [1.0, 1.0, 1.0], [4.0, 0.0, 0.0]])
    slope = np.array([[5.0, 10.0], [2.0, 2.0], [2.0, 0.0]])
    np.testing.assert_allclose(solved(curvature, slope), [[1, 3], [1, 1], [0.5, 0]], atol=1e-12)
