"""Comparison with other programs on the same data."""

from __future__ import annotations

import io
import shutil
import subprocess

import baycomp
import numpy as np
import pandas as pd
import pytest
from MLstatkit import Delong_test

from radtl_tf.evaluation.inference.corrected_t import fold_mean
from radtl_tf.evaluation.inference.delong import delong


@pytest.fixture(params=[0, 1, 2])
def scored(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Return truth (n,) and two scores (n, 2)."""
    random = np.random.default_rng(request.param)
    truth = np.r_[0, 0, 1, 1, random.integers(0, 2, 60)]
    scores = random.random((64, 2)) + 0.4 * truth[:, None]
    return truth, scores / scores.max()


def test_delong_by_mlstatkit(scored: tuple[np.ndarray, np.ndarray]) -> None:
    truth, scores = scored
    z, p, first, second, auroc_first, auroc_second, _ = Delong_test(truth, scores[:, 0], scores[:, 1])
    found = delong(truth, scores)
    assert found.values == pytest.approx([auroc_first, auroc_second])
    test = found.compare(1, 0)  # it takes the first from the second
    assert (test.z, test.p_value) == pytest.approx((z, p), abs=1e-9)
    for column, interval in enumerate((first, second)):
        assert np.clip(found.interval(column, scale="plain"), 0, 1) == pytest.approx(interval, abs=1e-9)


@pytest.mark.parametrize("repeats", [1, 4])
def test_the_bayesian_reading_by_baycomp(repeats: int) -> None:
    """With one repeat the degrees of freedom agree; with more, baycomp uses kR - 1, so only the spread agrees."""
    random = np.random.default_rng(repeats)
    first, second = random.normal(0.8, 0.03, (2, 10 * repeats))
    worse, same, better = baycomp.CorrelatedTTest.probs(second, first, rope=0.01, runs=repeats)
    found = fold_mean(first - second, folds=10)
    mean, variance, df = baycomp.CorrelatedTTest.compute_statistics(second, first, runs=repeats)
    assert (found.mean, found.standard_error**2) == pytest.approx((mean, variance))
    if repeats == 1:
        assert found.df == df
        assert 1 - found.probability_above(-0.01) == pytest.approx(worse)
        assert found.probability_above(0.01) == pytest.approx(better)
        assert worse + same + better == pytest.approx(1)


@pytest.fixture(scope="module")
def subarachnoid() -> pd.DataFrame:
    """Return aSAH of the R package pROC; the package is GPL, so the data are read from its installation."""
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed: aSAH comes with Debian's r-cran-proc")
    command = ["Rscript", "-e", 'data(aSAH, package="pROC"); write.csv(aSAH, stdout(), row.names=FALSE)']
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("R has no package pROC: aSAH comes with Debian's r-cran-proc")
    return pd.read_csv(io.StringIO(done.stdout))


@pytest.mark.slow
def test_the_published_values_of_asah(subarachnoid: pd.DataFrame) -> None:
    names = ["wfns", "s100b", "ndka"]
    assert len(subarachnoid) == 113
    found = delong(subarachnoid["outcome"] == "Poor", subarachnoid[names])
    assert found.values == pytest.approx([0.8236788618, 0.7313685637, 0.6119579946], abs=1e-10)
    assert found.interval(2, scale="plain") == pytest.approx((0.5012450, 0.7226710), abs=1e-7)
    published = {
        (0, 1): (2.2089835914, 0.0271757822),
        (0, 2): (2.7977759187, 0.0051455797),
        (2, 1): (-1.3907700257, 0.1642951752),
    }
    for pair, expected in published.items():
        test = found.compare(*pair)
        assert (test.z, test.p_value) == pytest.approx(expected, abs=1e-10)
    assert found.compare(0, 1).interval() == pytest.approx((0.0104062, 0.1742144), abs=1e-7)
