from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit

from radtl_tf.evaluation.delong import delong
from radtl_tf.evaluation.external import External, Scored, by_patient, count, evaluate_external
from radtl_tf.evaluation.metrics import auroc


def scored(num_patients: int = 60, each: int = 1, models: int = 1, seed: int = 1) -> Scored:
    random = np.random.default_rng(seed)
    patients = np.repeat(np.arange(num_patients), each)
    truth = patients % 2
    common = random.normal(size=num_patients)[patients] + truth
    return Scored(truth, expit(common[:, None] + 0.5 * random.normal(size=(len(truth), models))), patients)


def estimates(found: External) -> dict[str, float]:
    return {one.metric: one.value for one in found.estimates}


def test_one_case_per_patient_is_measured_by_delong() -> None:
    cases = scored()
    found = evaluate_external(["m"], cases, "image", seed=1)
    closed = delong(cases.truth, cases.scores)
    first = found.estimates[0]
    assert (first.value, first.ci_low, first.ci_high) == pytest.approx((closed.value(), *closed.interval()))
    assert first.method == "DeLong, logit scale"
    assert found.comparisons == ()
    assert found.sentence.startswith("Per image, on 60 images of 60 patients, 30 images positive: AUROC 0.")


def test_the_other_metrics_have_values_and_intervals_around_them() -> None:
    cases = scored(400)
    found = evaluate_external(["m"], cases, "patient", seed=1)
    values = estimates(found)
    assert values["brier"] == pytest.approx(np.mean((cases.scores[:, 0] - cases.truth) ** 2))
    assert set(values) == {
        *("auroc", "average_precision", "brier", "log_loss", "calibration_slope", "calibration_intercept")
    }
    assert all(one.ci_low < one.value < one.ci_high for one in found.estimates)


def test_where_patients_repeat_patients_are_drawn() -> None:
    cases = scored(60, each=4)
    per_image, per_patient = (evaluate_external(["m"], cases, unit, seed=1) for unit in ("image", "patient"))
    assert per_image.estimates[0].method == "patient bootstrap, 10,000 replicates, percentiles"
    assert per_image.estimates[0].value == auroc(cases.truth, cases.scores[:, 0])
    width = per_image.estimates[0].ci_high - per_image.estimates[0].ci_low
    low, high = delong(cases.truth, cases.scores).interval()
    assert width > 1.3 * (high - low)  # DeLong per image would be too sure
    assert per_patient.estimates[0].method == "DeLong, logit scale"
    assert "the intervals draw patients, not images" in " ".join(per_image.notes)


@pytest.mark.parametrize(("each", "method"), [(1, "paired DeLong"), (3, "paired patient bootstrap, 10,000 replicates")])
def test_two_models(each: int, method: str) -> None:
    cases = scored(50, each=each, models=2)
    found = evaluate_external(["m", "n"], cases, "image", seed=1)
    (test,) = found.comparisons
    assert test.method.startswith(method)
    assert test.metric == "auroc"
    first, second = (auroc(cases.truth, column) for column in cases.scores.T)
    assert test.difference == pytest.approx(first - second)
    assert test.ci_low < test.difference < test.ci_high
    assert f"m minus n: {test.difference:+.3f}" in found.sentence
    assert [one.model for one in found.estimates] == ["m", "n", *["m"] * 5, *["n"] * 5]


def test_a_patients_case_is_the_mean_score() -> None:
    images = Scored(np.array([1, 0, 1]), np.array([[0.2], [0.4], [0.6]]), np.array([9, 4, 9]))
    cases = by_patient(images)
    assert cases.truth.tolist() == [0, 1]
    assert cases.scores[:, 0] == pytest.approx([0.4, 0.4])
    assert count(images) == {
        **{"images": 3, "patients": 2, "positive images": 2},
        **{"positive patients": 1, "negative patients": 1},
    }
    with pytest.raises(ValueError, match="images of both classes"):
        by_patient(Scored(np.array([1, 0]), np.zeros((2, 1)), np.array([4, 4])))


def test_one_class_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="needs both classes"):
        evaluate_external(["m"], Scored(np.ones(3, int), np.zeros((3, 1)), np.arange(3)), "image", seed=1)


def test_what_spoils_a_number_is_noted() -> None:
    few = scored(8)
    separated = Scored(few.truth, 0.1 + 0.8 * few.truth[:, None], few.patients)
    found = evaluate_external(["m"], separated, "image", seed=1)
    notes = " ".join(found.notes)
    assert "The fewest patients of a class are 4" in notes
    assert "An AUROC has no interval" in notes
    assert "2,000 of 2,000 replicates of the calibration slope had no value" in notes
    assert math.isnan(estimates(found)["calibration_slope"])
    same = evaluate_external(["m", "n"], Scored(few.truth, few.scores[:, [0, 0]], few.patients), "image", seed=1)
    assert "leaves nothing to compare" in " ".join(same.notes)
    rare = Scored(np.array([1, 1, 0, 0, 0]), np.array([[0.6], [0.3], [0.5], [0.2], [0.1]]), np.array([0, 0, 1, 2, 3]))
    assert "replicates of the AUROC held one class only" in " ".join(
        evaluate_external(["m"], rare, "image", seed=1).notes
    )
