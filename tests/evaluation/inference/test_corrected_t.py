from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import logit
from sklearn.datasets import make_moons
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.svm import SVC

from radtl_tf.evaluation.inference.corrected_t import FoldMean, fold_mean
from radtl_tf.evaluation.metrics.auroc import auroc

DIFFERENCES = (0.02, 0.01, 0.03, 0.0, 0.04)


def test_the_reference_values_of_five_differences() -> None:
    found = fold_mean(DIFFERENCES, folds=5)
    assert found.df == 4
    assert found.t == pytest.approx(1.8856180832, abs=1e-10)
    assert found.p_value == pytest.approx(0.1324189222, abs=1e-10)
    assert found.sd == pytest.approx(np.std(DIFFERENCES, ddof=1))


def test_interval_and_p_are_of_one_method() -> None:
    found = fold_mean(DIFFERENCES, folds=5)
    low, high = found.interval(1 - found.p_value)
    assert low == pytest.approx(0, abs=1e-12)
    assert (low + high) / 2 == pytest.approx(found.mean)


@pytest.fixture(scope="module")
def kernels() -> np.ndarray:
    """Differences of two kernels over 10 x 10 folds: scikit-learn's example of comparing models by grid search."""
    features, truth = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (
        cross_val_score(SVC(kernel=kernel, random_state=0), features, truth, scoring="roc_auc", cv=folds)
        for kernel in ("rbf", "linear")
    )
    return rbf - linear


def test_scikit_learns_comparison_of_two_kernels(kernels: np.ndarray) -> None:
    found = fold_mean(kernels, folds=10)
    assert found.t == pytest.approx(0.7503126954, abs=1e-9)
    assert found.df == 9  # not 99: ten repeats have no more patients than one
    assert found.p_value == pytest.approx(2 * stats.t.sf(0.7503126954, 9), abs=1e-9)


def test_the_bayesian_reading_of_the_same_comparison(kernels: np.ndarray) -> None:
    found = fold_mean(kernels, folds=10)
    published = FoldMean(found.mean, found.sd, found.standard_error, df=99)  # the page counts kR - 1
    assert published.probability_above(0) == pytest.approx(0.7725770289, abs=1e-9)
    within = published.probability_above(-0.01) - published.probability_above(0.01)
    assert within == pytest.approx(0.4316824582, abs=1e-9)
    assert found.probability_above(0) == pytest.approx(1 - found.p_value / 2)


def test_repeats_of_the_same_values_add_no_degrees_of_freedom() -> None:
    once, often = fold_mean(DIFFERENCES, folds=5), fold_mean(DIFFERENCES * 10, folds=5)
    assert often.df == once.df == 4
    assert often.standard_error > math.sqrt(1 / 4) * often.sd  # n_test / n_train does not shrink with repeats


def test_equal_values_leave_nothing_to_judge_by() -> None:
    found = fold_mean([0.1 + 0.2, 0.3, 0.3, 0.3, 0.3], folds=5)
    assert found.sd == 0
    assert math.isnan(found.p_value)
    assert all(map(math.isnan, found.interval()))
    assert math.isnan(found.probability_above(0))


@pytest.mark.parametrize(("count", "folds"), [(7, 5), (0, 5), (3, 1)])
def test_values_that_are_no_whole_repeats_are_a_programming_error(count: int, folds: int) -> None:
    with pytest.raises(ValueError, match="repeats"):
        fold_mean(np.zeros(count), folds)


def _trained_difference(random: np.random.Generator, repeats: int) -> np.ndarray:
    """Return fold differences of two heads that are equally good: their features are equally informative."""
    truth = np.arange(100) % 2
    features = random.normal(size=(100, 8)) + 0.35 * truth[:, None]
    differences = []
    for _ in range(repeats):
        place = np.empty(100, int)
        for label in (0, 1):
            place[random.permutation(np.flatnonzero(truth == label))] = np.arange(50) % 5
        for fold in range(5):
            test = place == fold
            centered = features - features[~test].mean(axis=0)
            heads = [
                np.linalg.lstsq(centered[~test][:, half], truth[~test] - 0.5, rcond=None)[0]
                for half in (slice(0, 4), slice(4, 8))
            ]
            first, second = (
                auroc(truth[test], centered[test][:, half] @ head)
                for half, head in zip((slice(0, 4), slice(4, 8)), heads, strict=True)
            )
            differences.append(first - second)
    return np.array(differences)


def test_type_one_error_of_trained_heads_stays_near_its_level() -> None:
    """Training is inside the simulation; 5 folds x 4 repeats, true difference 0."""
    random = np.random.default_rng(726)
    samples = [_trained_difference(random, repeats=4) for _ in range(250)]
    corrected = np.mean([fold_mean(sample, folds=5).p_value < 0.05 for sample in samples])
    naive = np.mean([stats.ttest_1samp(sample, 0).pvalue < 0.05 for sample in samples])
    assert corrected <= 0.08  # 5 % and two standard errors of 250 draws
    assert naive > 0.2


def test_the_interval_of_a_share_is_on_the_scale_of_log_odds() -> None:
    found = fold_mean((0.99, 0.999, 0.95, 1.0, 0.98), folds=5)
    low, high = found.interval_of_share()
    assert 0 < low < found.mean < high < 1 < found.interval()[1]
    assert logit(low) + logit(high) == pytest.approx(2 * logit(found.mean))
    middle = fold_mean((0.51, 0.5, 0.49, 0.5, 0.5), folds=5)
    assert middle.interval_of_share() == pytest.approx(middle.interval(), abs=1e-4)
    assert all(map(math.isnan, fold_mean([1.0] * 5, folds=5).interval_of_share()))


def test_the_interval_of_an_error_is_on_the_log_scale() -> None:
    found = fold_mean((0.4, 2.5, 0.3, 3.0, 0.2), folds=5)
    low, high = found.interval_of_positive()
    assert found.interval()[0] < 0 < low < found.mean < high
    assert low * high == pytest.approx(found.mean**2)
    assert math.log(high / found.mean) * found.mean == pytest.approx(found.interval()[1] - found.mean)  # delta method
    assert all(map(math.isnan, fold_mean([2.0] * 5, folds=5).interval_of_positive()))
