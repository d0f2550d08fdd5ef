"""The estimate of a bootstrap."""

from __future__ import annotations

import math

import numpy as np

from radtl_tf.evaluation.external.results import drawn_estimate
from radtl_tf.evaluation.inference.bootstrap import bootstrap

PATIENTS = np.arange(20)


def test_an_estimate_has_the_interval_and_the_method_of_its_bootstrap() -> None:
    values = np.linspace(0, 1, 20)
    (drawn,) = bootstrap([lambda weights: values @ weights / weights.sum(axis=0)], PATIENTS, replicates=200, seed=1)
    found = drawn_estimate("mine", "mae", drawn)
    assert (found.model, found.metric, found.value) == ("mine", "mae", drawn.value)
    assert (found.ci_low, found.ci_high) == drawn.interval()
    assert found.ci_low < found.value < found.ci_high and "200 replicates" in found.method


def test_without_a_value_there_is_no_interval() -> None:
    (drawn,) = bootstrap([lambda weights: np.full(np.shape(weights)[1:], math.nan)], PATIENTS, replicates=50, seed=1)
    found = drawn_estimate("mine", "mae", drawn)
    assert math.isnan(found.value) and math.isnan(found.ci_low) and math.isnan(found.ci_high)
