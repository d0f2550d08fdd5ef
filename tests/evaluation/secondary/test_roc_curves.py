"""Curves agree with scikit-learn's, their areas with the AUROC and the average precision."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.question.inner_choice import RunValues, run_values
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord, read_record
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.evaluation.results.run_parts import RunParts
from radtl_tf.evaluation.results.units import fold_values
from radtl_tf.evaluation.secondary.roc_curves import (
    GRID,
    PRECISION_RECALL,
    QUESTION,
    ROC,
    curve_table,
    lines,
    precision_recall,
    roc,
)
from radtl_tf.records.folder import OutputFolder

Outcome = Callable[..., Path]
FINE = np.linspace(0, 1, 20_001)


def drawn(seed: int, ties: bool) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = (random.random(60) < 0.4).astype(np.int64)
    score = random.normal(size=60) + truth
    return truth, np.round(score) if ties else score


def values(folder: Path) -> tuple[ExperimentRecord, RunValues]:
    record = read_record(folder)
    return record, run_values(record, fold_values(read_predictions(OutputFolder(folder).predictions), record.data.unit))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_the_curves_have_the_right_areas(seed: int, ties: bool) -> None:
    truth, score = drawn(seed, ties)
    assert np.trapezoid(roc(truth, score, FINE), FINE) == pytest.approx(roc_auc_score(truth, score), abs=1e-3)
    steps = precision_recall(truth, score, FINE)
    assert np.trapezoid(steps, FINE) == pytest.approx(average_precision_score(truth, score), abs=1e-3)


@pytest.mark.parametrize("ties", [False, True])
def test_the_roc_curve_goes_through_the_points_of_the_oracle(ties: bool) -> None:
    truth, score = drawn(7, ties)
    false, found, _ = roc_curve(truth, score, drop_intermediate=False)
    upper = {x: max(found[false == x]) for x in false}
    assert roc(truth, score, np.array(list(upper))) == pytest.approx(list(upper.values()))


def test_curves_keep_inside_their_square() -> None:
    for seed in range(5):
        truth, score = drawn(seed, ties=True)
        for curve in (roc(truth, score), precision_recall(truth, score)):
            assert curve.shape == GRID.shape
            assert curve.min() >= 0 and curve.max() <= 1
        assert (np.diff(roc(truth, score)) >= 0).all()
        assert roc(truth, score)[-1] == 1
        assert precision_recall(truth, score)[-1] == pytest.approx(
            truth.sum() / (score >= score[truth == 1].min()).sum()
        )


def test_a_perfect_and_a_useless_score() -> None:
    truth = np.array([0, 0, 0, 1, 1])
    assert roc(truth, truth.astype(float)).tolist() == [1.0] * len(GRID)
    assert precision_recall(truth, truth.astype(float)).tolist() == [1.0] * len(GRID)
    assert roc(truth, np.zeros(5)) == pytest.approx(GRID)
    assert precision_recall(truth, np.zeros(5)).tolist() == [0.4] * len(GRID)


def test_a_line_per_setting_and_the_question_first(finished: Path) -> None:
    record, found = values(finished)
    shown = lines(record, found)
    assert [line.panel for line in shown[:2]] == [QUESTION] * 2
    assert {line.panel for line in shown[2:]} == {
        f"{backbone}, {tuning}" for backbone in ("ResNet50", "InceptionV3") for tuning in ("frozen", "top10")
    }
    assert len(shown) == 2 + 8
    line = shown[2]
    rates = found.inner_loss[sorted(set(line.chosen))]
    assert set(line.chosen) <= {"ResNet50-imagenet-caffe-frozen-0.01", "ResNet50-imagenet-caffe-frozen-0.001"}
    assert (rates.idxmin(axis=1) == line.chosen).all()


def test_the_question_has_no_panel_of_its_own_where_nothing_is_chosen(outcome: Outcome) -> None:
    one = values(outcome("one", backbones=("ResNet50",), tunings={"frozen": (0.01, 0.001)}))
    grid = values(outcome("grid", backbones=("ResNet50",), question={"over": "grid", "margin": 0.02}))
    none = values(outcome("none", backbones=("ResNet50",), question=None, signal={"a": 1.0, "b": 0.5, "c": 0.2}))
    for record, found in (one, grid, none):
        assert QUESTION not in [line.panel for line in lines(record, found)]
    assert {line.name for line in lines(*none)} == {"a", "b", "c"}


def test_uncertain_weights_have_two_lines(outcome: Outcome) -> None:
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    shown = lines(*values(outcome(signal=signal, alternatives={"radimagenet": "zero_one"}, backbones=("ResNet50",))))
    names = ["radimagenet-radimagenet", "radimagenet-zero_one", "imagenet"]
    assert [line.name for line in shown if line.panel == QUESTION] == names


def test_the_table_averages_folds_and_its_area_is_the_estimate(evaluation: Evaluation) -> None:
    table = evaluation.curves
    assert set(table["kind"]) == {ROC, PRECISION_RECALL}
    assert (table["low"] <= table["mean"] + 1e-12).all() and (table["mean"] <= table["high"] + 1e-12).all()
    estimates = evaluation.estimates.set_index("scenario")["mean"]
    frozen = table[(table["kind"] == ROC) & (table["panel"] == "ResNet50, frozen") & (table["name"] == "imagenet")]
    area = np.trapezoid(frozen["mean"], frozen["x"])
    assert area == pytest.approx(estimates["ResNet50-imagenet-caffe-frozen"], abs=0.01)
    asked = table[(table["kind"] == ROC) & (table["panel"] == QUESTION) & (table["name"] == "random")]
    assert evaluation.question is not None
    assert np.trapezoid(asked["mean"], asked["x"]) == pytest.approx(
        evaluation.question.folds["second"].mean(), abs=0.01
    )


def test_repeats_are_averaged_too_and_images_are_pooled_by_patient(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",), tunings={"frozen": (0.01,)}, num_repeats=2)
    record, found = values(folder)
    shown = lines(record, found)
    assert len(shown[0].runs) == 10
    predictions = read_predictions(OutputFolder(folder).predictions)
    per_patient = curve_table(record, shown, RunParts(predictions, "patient"))
    per_image = curve_table(record, shown, RunParts(predictions, "image"))
    assert not np.allclose(per_patient["mean"], per_image["mean"])


def test_inner_rows_are_not_shown(finished: Path) -> None:
    record, found = values(finished)
    predictions = read_predictions(OutputFolder(finished).predictions)
    spoiled = predictions.assign(score=predictions["score"].where(predictions["part"] == "test", 0.5))
    shown = lines(record, found)
    unit = record.data.unit
    table, same = (curve_table(record, shown, RunParts(rows, unit)) for rows in (predictions, spoiled))
    assert same.equals(table)


def test_evaluation_without_lines_has_an_empty_table(finished: Path) -> None:
    record, _ = values(finished)
    assert curve_table(
        record, [], RunParts(read_predictions(OutputFolder(finished).predictions), record.data.unit)
    ).empty
    assert len(evaluate(finished).curves)
