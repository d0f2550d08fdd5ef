from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit

from radtl_tf.evaluation.external.frozen_models import evaluate_external
from radtl_tf.evaluation.external.positive_calls import with_threshold
from radtl_tf.evaluation.external.results import Estimate
from radtl_tf.evaluation.external.scored import Scored
from radtl_tf.evaluation.inference.proportions import mcnemar, wilson


def scored(num_patients: int = 60, each: int = 1) -> Scored:
    random = np.random.default_rng(1)
    patients = np.repeat(np.arange(num_patients), each)
    truth = patients % 2
    common = random.normal(size=num_patients)[patients] + truth - 0.5
    return Scored(truth, expit(common[:, None] + 0.7 * random.normal(size=(len(truth), 2))), patients)


def first_model(cases: Scored, threshold: float) -> dict[str, Estimate]:
    external = evaluate_external(["m", "n"], cases, "image", seed=1)
    found = with_threshold(external, ["m", "n"], cases, threshold, seed=1)
    assert found.estimates[: len(external.estimates)] == external.estimates
    return {one.metric: one for one in found.estimates[len(external.estimates) :] if one.model == "m"}


def test_shares_of_independent_cases_have_wilsons_interval() -> None:
    cases = scored()
    found = first_model(cases, 0.6)
    sick = cases.scores[cases.truth == 1, 0]
    sensitivity = found["sensitivity"]
    assert sensitivity.value == (sick >= 0.6).mean()
    assert (sensitivity.ci_low, sensitivity.ci_high) == wilson(int((sick >= 0.6).sum()), 30)
    assert found["specificity"].value == (cases.scores[cases.truth == 0, 0] < 0.6).mean()
    assert found["accuracy"].value == pytest.approx((sensitivity.value + found["specificity"].value) / 2)
    assert {one.method for one in found.values()} == {"Wilson", "patient bootstrap, 2,000 replicates, percentiles"}


def test_where_patients_repeat_they_are_drawn() -> None:
    once, often = scored(), scored(each=5)
    shares = first_model(often, 0.6)
    assert {one.method for one in shares.values()} == {"patient bootstrap, 2,000 replicates, percentiles"}
    successes = round(shares["sensitivity"].value * 150)
    low, high = wilson(successes, 150)  # too narrow: it treats images as independent
    assert shares["sensitivity"].ci_high - shares["sensitivity"].ci_low > 1.3 * (high - low)
    assert len(shares) == len(first_model(once, 0.6)) == 5


@pytest.mark.parametrize(("each", "method"), [(1, "McNemar, exact mid-p"), (4, "paired patient bootstrap")])
def test_two_models_accuracies(each: int, method: str) -> None:
    cases = scored(each=each)
    found = with_threshold(evaluate_external(["m", "n"], cases, "image", seed=1), ["m", "n"], cases, 0.5, seed=1)
    _, test = found.comparisons
    right = (cases.scores >= 0.5) == (cases.truth == 1)[:, None]
    assert test.metric == "accuracy" and test.method.startswith(method)
    assert test.difference == pytest.approx(right[:, 0].mean() - right[:, 1].mean())
    if each == 1:
        assert test.p_value == mcnemar(right[:, 0], right[:, 1])
        assert math.isnan(test.ci_low)
    else:
        assert test.ci_low <= test.difference <= test.ci_high


def test_a_patients_mean_score_is_called() -> None:
    images = scored(each=3)
    found = with_threshold(evaluate_external(["m", "n"], images, "patient", seed=1), ["m", "n"], images, 0.5, seed=1)
    share = next(one for one in found.estimates if one.metric == "accuracy")
    means = images.scores[:, 0].reshape(60, 3).mean(axis=1)
    assert share.value == pytest.approx(((means >= 0.5) == (np.arange(60) % 2 == 1)).mean())
    assert "0.5" in found.notes[-1]
