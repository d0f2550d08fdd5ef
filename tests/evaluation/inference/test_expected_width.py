"""The expected width of an experiment's intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from radtl_tf.evaluation.inference.corrected_t import fold_mean
from radtl_tf.evaluation.inference.delong import delong
from radtl_tf.evaluation.inference.expected_width import LIKELY, TRAINING, expected
from radtl_tf.evaluation.metrics.auroc import auroc


@pytest.mark.parametrize(("positives", "negatives"), [(100, 100), (60, 240)])
def test_the_width_is_that_of_folds_of_this_size(positives: int, negatives: int) -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([1, 0], [positives // 5, negatives // 5])
    shift = norm.ppf(LIKELY) * np.sqrt(2)
    widths = []
    for _ in range(300):
        values = [auroc(truth, rng.normal(shift * truth)) for _ in range(5)]
        low, high = fold_mean(values, 5).interval()
        widths.append((high - low) / 2)
    assert expected(positives, negatives, 5, 1).single == pytest.approx(np.mean(widths), rel=0.15)


def test_more_patients_and_repeats_narrow_it() -> None:
    few, many, repeated = (expected(*sizes) for sizes in ((50, 50, 5, 1), (500, 500, 5, 1), (50, 50, 5, 10)))
    assert many.single < repeated.single < few.single
    assert many.single == pytest.approx(few.single / np.sqrt(10), rel=0.1)
    assert few.equivalence < few.difference


def test_the_sentence_says_what_cannot_be_shown() -> None:
    few, many = (expected(*sizes).sentence(0.02) for sizes in ((50, 50, 5, 1), (50_000, 50_000, 5, 10)))
    assert ["only if" in said for said in (few, many)] == [True, False]
    assert "whatever the truth" not in few  # narrower fold values than expected may show it
    assert all("+-0.02" in said for said in (few, many))
    assert "0.02 " not in expected(50, 50, 5, 1).sentence(None)


def test_with_repeats_it_is_that_of_all_patients_with_training() -> None:
    found = expected(60, 240, 5, 3)
    truth = np.repeat([1, 0], [60, 240])
    rng = np.random.default_rng(1)
    errors = [delong(truth, rng.normal(norm.ppf(LIKELY) * np.sqrt(2) * truth)).standard_error() for _ in range(50)]
    assert found.single == pytest.approx(2 * np.sqrt(TRAINING) * np.mean(errors), rel=0.05)  # t with 59 df is 2.0
    assert found == expected(60, 240, 5, 10)
