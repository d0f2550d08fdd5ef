from __future__ import annotations

import math

import numpy as np
import pytest

from radtl_tf.evaluation.inference.delong import DeLong, Paired, delong
from radtl_tf.evaluation.metrics.auroc import auroc

TRUTH = np.array([0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1])
SCORE = np.array([0.1, 0.35, 0.24, 0.8, 0.2, 0.85, 0.13, 0.85, 0.74, 0.58, 0.71, 0.25])


def sample(num_cases: int, *, steps: int = 12, columns: int = 3, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and scores with many ties."""
    random = np.random.default_rng(seed)
    truth = np.r_[0, 0, 1, 1, random.integers(0, 2, num_cases - 4)]
    scores = np.floor(steps * (random.random((num_cases, columns)) + 0.3 * truth[:, None])) / (2 * steps)
    return truth, scores


def by_pairs(truth: np.ndarray, scores: np.ndarray) -> DeLong:
    """Return the definition of DeLong 1988: every positive against every negative."""
    positive, negative = scores[truth == 1], scores[truth == 0]
    wins = (positive[:, None] > negative[None]) + 0.5 * (positive[:, None] == negative[None])
    of_positive, of_negative = np.cov(wins.mean(axis=1).T), np.cov(wins.mean(axis=0).T)
    return DeLong(wins.mean(axis=(0, 1)), of_positive / len(positive) + of_negative / len(negative))


def test_the_reference_values_of_twelve_cases() -> None:
    found = delong(TRUTH, SCORE)
    assert found.value() == pytest.approx(0.7083333, abs=1e-7)
    assert found.standard_error() == pytest.approx(0.1687371394, abs=1e-10)
    assert found.interval(scale="plain") == pytest.approx((0.3776146, 1.0390521), abs=1e-7)


def test_midranks_give_what_all_pairs_give() -> None:
    for seed, size in enumerate((6, 40, 300)):
        truth, scores = sample(size, seed=seed)
        found, expected = delong(truth, scores), by_pairs(truth, scores)
        np.testing.assert_allclose(found.values, expected.values, atol=1e-12)
        np.testing.assert_allclose(found.covariance, expected.covariance, atol=1e-12)
        assert found.value(1) == pytest.approx(auroc(truth, scores[:, 1]))


def test_invariants() -> None:
    truth, scores = sample(80)
    found = delong(truth, scores)
    turned, stretched = delong(truth, 1 - scores), delong(truth, scores**3)
    np.testing.assert_allclose(turned.values, 1 - found.values)
    np.testing.assert_allclose(turned.covariance, found.covariance)
    np.testing.assert_allclose(stretched.covariance, found.covariance)
    swapped = delong(1 - truth, scores)
    np.testing.assert_allclose(swapped.values, 1 - found.values)
    low, high = found.interval(1)
    assert turned.interval(1) == pytest.approx((1 - high, 1 - low))


def test_a_comparison_is_that_of_the_difference() -> None:
    truth, scores = sample(80)
    found = delong(truth, scores)
    forth, back = found.compare(0, 2), found.compare(2, 0)
    expected = np.array([1, 0, -1]) @ found.covariance @ np.array([1, 0, -1])
    assert forth.difference == -back.difference == found.value(0) - found.value(2)
    assert forth.standard_error == pytest.approx(math.sqrt(expected))
    assert forth.p_value == back.p_value
    low, high = forth.interval(1 - forth.p_value)
    assert min(abs(low), abs(high)) == pytest.approx(0, abs=1e-12)  # p and interval are of one method


def test_equal_scores_leave_nothing_to_compare() -> None:
    truth, scores = sample(40)
    found = delong(truth, np.column_stack([scores[:, 0], scores[:, 0] / 3]))
    test = found.compare()
    assert (test.difference, test.standard_error) == (0, 0)
    assert all(map(math.isnan, (test.p_value, *test.interval())))
    assert math.isnan(Paired(0.1, math.nan).p_value)


def test_classes_that_do_not_overlap_have_no_interval() -> None:
    found = delong(TRUTH, TRUTH * 0.5)
    assert found.value() == 1
    assert all(map(math.isnan, found.interval()))
    assert all(map(math.isnan, found.interval(scale="plain")))


def test_a_class_of_one_case_leaves_the_error_unknown() -> None:
    found = delong([0, 0, 1], [0.1, 0.6, 0.5])
    assert found.value() == 0.5
    assert all(map(math.isnan, found.interval()))


def test_one_class_or_a_score_that_is_none_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="0 .*3 "):
        delong([0, 0, 0], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="finite"):
        delong([0, 1], [0.1, np.nan])


def test_near_1_the_logit_interval_covers_and_the_plain_one_does_not() -> None:
    """Normal scores, true AUROC 0.95, 20 positive and 80 negative cases."""
    random = np.random.default_rng(726)
    truth = np.repeat([1, 0], [20, 80])
    shift = 2.3261743  # sqrt(2) times the normal quantile of 0.95
    held = {"logit": 0, "plain": 0}
    for _ in range(600):
        found = delong(truth, random.normal(size=100) + shift * truth)
        for scale in held:
            low, high = found.interval(scale=scale)  # type: ignore[arg-type]
            held[scale] += low <= 0.95 <= high
    assert held["logit"] / 600 > 0.92
    assert held["plain"] / 600 < 0.90


def test_the_paired_test_keeps_its_level() -> None:
    random = np.random.default_rng(5)
    truth = np.arange(120) % 2
    rejected = 0
    for _ in range(600):
        common = random.normal(size=120) + truth
        scores = common[:, None] + random.normal(size=(120, 2))
        rejected += delong(truth, scores).compare().p_value < 0.05
    assert 0.03 <= rejected / 600 <= 0.075
