from __future__ import annotations

import math
import re

import numpy as np
import pytest
from scipy.special import expit

from radtl_tf.data.manifest.cases import UNKNOWN
from radtl_tf.evaluation.external.frozen_models import evaluate_classes, evaluate_external
from radtl_tf.evaluation.external.results import External
from radtl_tf.evaluation.external.scored import Scored
from radtl_tf.evaluation.inference.delong import delong
from radtl_tf.evaluation.metrics.auroc import auroc, cross_entropy, log_loss
from radtl_tf.evaluation.metrics.metric_table import METRICS
from radtl_tf.records.experiment import Kind, Unit

# Eight cases of three classes; of the pairs of a case with a class and one without, correctly ordered are 11 of 15,
# 14 of 15 and 11 of 12.
SCORES = (
    np.array(
        [
            [200, 30, 25],
            [100, 90, 65],
            [60, 75, 120],
            [40, 180, 35],
            [90, 110, 55],
            [150, 80, 25],
            [20, 35, 200],
            [80, 70, 105],
        ]
    )
    / 255
)
MARKS = np.eye(3, dtype=np.int64)[[0, 0, 0, 1, 1, 1, 2, 2]]


def views_of(marks: np.ndarray, *scores: np.ndarray, patients: np.ndarray | None = None) -> dict[str, Scored]:
    """Return the views of classes from marks (n, K) and the scores (n, K) of each model."""
    patients = np.arange(len(marks)) if patients is None else patients
    return {
        name: Scored(marks[:, at], np.stack([of_model[:, at] for of_model in scores], axis=1), patients)
        for at, name in enumerate("abc")
    }


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
    assert re.match(rf"Per image, .*\b60 .*\b60 .*\b30 .*AUROC {first.value:.3f} ", found.sentence)


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
    assert set(per_image.notes) - set(per_patient.notes)


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


def test_one_class_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="both classes"):
        evaluate_external(["m"], Scored(np.ones(3, int), np.zeros((3, 1)), np.arange(3)), "image", seed=1)


def test_what_spoils_a_number_is_noted() -> None:
    few = scored(8)
    separated = Scored(few.truth, 0.1 + 0.8 * few.truth[:, None], few.patients)
    found = evaluate_external(["m"], separated, "image", seed=1)
    notes = " ".join(found.notes)
    assert re.search(r"\b4 patients", notes)
    assert "AUROC" in notes
    assert re.search(r"\b2,000 of 2,000 .*calibration slope", notes)
    assert math.isnan(estimates(found)["calibration_slope"])
    same = evaluate_external(["m", "n"], Scored(few.truth, few.scores[:, [0, 0]], few.patients), "image", seed=1)
    assert len(same.notes) == len(found.notes) and "two models" in " ".join(same.notes)
    rare = Scored(np.array([1, 1, 0, 0, 0]), np.array([[0.6], [0.3], [0.5], [0.2], [0.1]]), np.array([0, 0, 1, 2, 3]))
    assert re.search(r"\d of 10,000 .*AUROC", " ".join(evaluate_external(["m"], rare, "image", seed=1).notes))


def drawn(kind: Kind, num_patients: int = 90, each: int = 1, models: int = 1) -> dict[str, Scored]:
    """Return views of patients with three classes or three labels, and scores that depend on them."""
    random = np.random.default_rng(7)
    patients = np.repeat(np.arange(num_patients), each)
    marks = np.eye(3, dtype=np.int64)[np.arange(num_patients) % 3]
    if kind == "multilabel":
        marks = random.integers(0, 2, (num_patients, 3))
    common = random.normal(size=(num_patients, 3))[patients] + marks[patients]
    logits = [common + 0.5 * random.normal(size=common.shape) for _ in range(models)]
    scores = [expit(one) if kind == "multilabel" else np.exp(one) / np.exp(one).sum(1, keepdims=True) for one in logits]
    return views_of(marks[patients], *scores, patients=patients)


def test_of_several_classes_the_mean_comes_first_then_each() -> None:
    found = evaluate_classes(["m"], views_of(MARKS, SCORES), "multiclass", "image", seed=1)
    assert [(one.metric, one.value) for one in found.estimates[:4]] == [
        ("auroc", pytest.approx((11 / 15 + 14 / 15 + 11 / 12) / 3)),
        ("auroc: a", pytest.approx(11 / 15)),
        ("auroc: b", pytest.approx(14 / 15)),
        ("auroc: c", pytest.approx(11 / 12)),
    ]
    assert re.match(r"Per image, .*\b8 .*\b8 .*\b3 classes.*AUROC 0\.861 \(95 % ", found.sentence)
    assert found.counts == {
        **{"images": 8, "patients": 8, "images with a": 3, "patients with a": 3},
        **{"images with b": 3, "patients with b": 3, "images with c": 2, "patients with c": 2},
    }
    assert re.search(r"\b2 patients", " ".join(found.notes))


def test_the_other_metrics_of_one_class_among_several() -> None:
    found = estimates(evaluate_classes(["m"], views_of(MARKS, SCORES), "multiclass", "image", seed=1))
    own = SCORES[np.arange(8), MARKS.argmax(axis=1)]
    assert found["log_loss"] == pytest.approx(-np.log(own).mean())
    assert found["brier"] == pytest.approx(((SCORES - MARKS) ** 2).sum(axis=1).mean())
    single = [estimates(evaluate_external(["m"], view, "image", seed=1)) for view in views_of(MARKS, SCORES).values()]
    for metric in ("average_precision", "calibration_slope", "calibration_intercept"):
        assert found[metric] == pytest.approx(np.mean([of_class[metric] for of_class in single]), nan_ok=True)


def test_the_other_metrics_of_several_labels_are_means() -> None:
    views = drawn("multilabel")
    found = estimates(evaluate_classes(["m"], views, "multilabel", "image", seed=1))
    single = [estimates(evaluate_external(["m"], view, "image", seed=1)) for view in views.values()]
    assert set(found) == {*single[0], *(f"auroc: {name}" for name in views)}
    for metric, value in single[0].items():
        assert found[metric] == pytest.approx(np.mean([of_class[metric] for of_class in single]))
        assert found[metric] != value


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_a_test_measures_what_an_experiment_does(kind: Kind) -> None:
    views = drawn(kind)
    found = estimates(evaluate_classes(["m"], views, kind, "patient", seed=1))
    truth = np.stack([view.truth for view in views.values()], axis=1)
    score = np.stack([view.scores[:, 0] for view in views.values()], axis=1)
    assert found["auroc"] == pytest.approx(auroc(truth, score))
    assert found["log_loss"] == pytest.approx((cross_entropy if kind == "multiclass" else log_loss)(truth, score))
    for key in ("average_precision", "brier", "calibration_slope", "calibration_intercept"):
        assert found[key] == pytest.approx(METRICS[key].of(kind)(truth, score), abs=1e-5)


@pytest.mark.parametrize(("each", "method"), [(1, "DeLong, logit scale"), (3, "patient bootstrap, 10,000 replicates")])
def test_the_mean_is_drawn_by_patient_and_a_class_is_measured_as_two_are(each: int, method: str) -> None:
    views = drawn("multiclass", 45, each)
    mean, *of_classes = evaluate_classes(["m"], views, "multiclass", "image", seed=1).estimates[:4]
    assert mean.method.startswith("patient bootstrap, 10,000 replicates")
    assert mean.ci_low < mean.value < mean.ci_high
    for one, view in zip(of_classes, views.values(), strict=True):
        alone = evaluate_external(["m"], view, "image", seed=1).estimates[0]
        assert (one.value, one.ci_low, one.ci_high) == (alone.value, alone.ci_low, alone.ci_high)
        assert one.method.startswith(method)
    assert mean.ci_high - mean.ci_low < max(one.ci_high - one.ci_low for one in of_classes)


def test_two_models_of_several_classes_are_compared_by_the_mean() -> None:
    views = drawn("multilabel", models=2)
    found = evaluate_classes(["m", "n"], views, "multilabel", "image", seed=1)
    (test,) = found.comparisons
    means = [np.mean([auroc(view.truth, view.scores[:, model]) for view in views.values()]) for model in (0, 1)]
    assert (test.metric, test.a, test.b) == ("auroc", "m", "n")
    assert test.difference == pytest.approx(means[0] - means[1])
    assert test.ci_low < test.difference < test.ci_high and 0 < test.p_value < 1
    assert test.method.startswith("paired patient bootstrap, 10,000 replicates")
    assert [one.model for one in found.estimates[:8]] == ["m", "n"] * 4
    same = evaluate_classes(["m", "n"], views_of(MARKS, SCORES, SCORES), "multiclass", "image", seed=1)
    assert (same.comparisons[0].difference, same.comparisons[0].p_value) == (0, 1)


def test_a_patient_of_several_images_has_the_mean_score_of_each_class() -> None:
    twice = np.concatenate([SCORES, SCORES[::-1]])
    views = views_of(np.concatenate([MARKS, MARKS]), twice, patients=np.tile(np.arange(8), 2))
    found = evaluate_classes(["m"], views, "multiclass", "patient", seed=1)
    means = (SCORES + SCORES[::-1]) / 2
    assert estimates(found)["auroc"] == pytest.approx(auroc(MARKS, means))
    assert (found.counts["images"], found.counts["patients"]) == (16, 8)


def test_a_rare_class_costs_replicates_which_is_noted() -> None:
    notes = evaluate_classes(["m"], views_of(MARKS, SCORES), "multiclass", "image", seed=1).notes
    assert any(re.search(r"\d of 10,000 .*AUROC", note) for note in notes)
    with pytest.raises(ValueError, match="both classes"):
        evaluate_classes(["m"], views_of(MARKS[:6], SCORES[:6]), "multiclass", "image", seed=1)


@pytest.mark.parametrize("unit", ["image", "patient"])
def test_a_class_is_measured_where_it_is_known(unit: Unit) -> None:
    random = np.random.default_rng(4)
    marks, scores = random.integers(0, 2, (80, 3)), random.random((80, 3))
    marks[random.random((80, 3)) < 0.25] = UNKNOWN
    made = evaluate_classes(["m"], views_of(marks, scores), "multilabel", unit, seed=1)
    found = {one.metric: one for one in made.estimates}
    areas = [auroc(marks[at, number], scores[at, number]) for number, at in enumerate((marks != UNKNOWN).T)]
    assert [found[f"auroc: {name}"].value for name in "abc"] == pytest.approx(areas)
    assert found["auroc"].value == pytest.approx(np.mean(areas))
    assert found["auroc"].ci_low < found["auroc"].value < found["auroc"].ci_high
