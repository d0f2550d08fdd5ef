"""Errors of frozen models that predict a number."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.evaluation.external.numbers import Numbers, evaluate_numbers, outside_note
from radtl_tf.evaluation.metrics.metric_table import MAE, OF_NUMBERS

RANDOM = np.random.default_rng(8)
TRUTH = RANDOM.normal(12, 3, 80).repeat(2)
PATIENTS = np.arange(80).repeat(2)
CLOSE, FAR = TRUTH + RANDOM.normal(0, 0.5, 160), TRUTH + RANDOM.normal(1, 2, 160)
IMAGES = Numbers(TRUTH, np.stack([CLOSE, FAR], axis=1), PATIENTS)


def test_values_are_those_of_the_formulas_with_an_interval_around_them() -> None:
    found = evaluate_numbers(["close", "far"], IMAGES, "image", "years", seed=1)
    assert found.counts == {"images": 160, "patients": 80} and found.label_unit == "years"
    by = {(one.model, one.metric): one for one in found.estimates}
    for name, scores in (("close", CLOSE), ("far", FAR)):
        for metric in (MAE, *OF_NUMBERS):
            assert metric.formula is not None
            one = by[name, metric.key]
            assert one.value == pytest.approx(metric.formula(TRUTH, scores))
            assert one.ci_low < one.value < one.ci_high
    assert by["far", "bias"].ci_low > 0
    assert "MAE" in found.sentence and "years" in found.sentence


def test_the_difference_of_two_models_is_paired() -> None:
    found = evaluate_numbers(["close", "far"], IMAGES, "image", "years", seed=1)
    first = found.comparisons[0]
    assert (first.metric, first.a, first.b) == ("mae", "close", "far")
    assert first.difference == pytest.approx(np.abs(CLOSE - TRUTH).mean() - np.abs(FAR - TRUTH).mean())
    assert first.ci_high < 0 and first.p_value < 0.01
    assert [one.metric for one in found.comparisons] == ["mae", "rmse", "concordance"]
    alone = Numbers(TRUTH, IMAGES.scores[:, :1], PATIENTS)
    assert evaluate_numbers(["close"], alone, "image", "years", seed=1).comparisons == ()


def test_a_patient_is_the_mean_of_the_images() -> None:
    found = evaluate_numbers(["close", "far"], IMAGES, "patient", "years", seed=1)
    means = CLOSE.reshape(80, 2).mean(axis=1)
    assert found.estimates[0].value == pytest.approx(np.abs(means - TRUTH[::2]).mean())
    assert not any("several images" in note for note in found.notes)


def test_few_patients_and_one_number_are_said() -> None:
    few = Numbers(np.full(4, 9.0), np.array([[8.0], [9.0], [9.5], [9.0]]), np.arange(4))
    found = evaluate_numbers(["m"], few, "patient", "years", seed=1)
    said = " ".join(found.notes)
    assert "4 patients" in said and "same number" in said
    assert np.isnan(next(one.value for one in found.estimates if one.metric == "r2"))


def test_labels_outside_those_of_training_are_counted() -> None:
    assert outside_note(np.array([7.0, 8.0, 15.0, 16.0]), (8.0, 15.0), "years").startswith("2 of 4 labels")
    assert outside_note(np.array([8.0, 15.0]), (8.0, 15.0), "years") == ""
