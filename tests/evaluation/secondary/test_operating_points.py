"""Thresholds come from the inner part, rates from the test part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix, f1_score

from radtl_tf.evaluation.evaluate import Evaluation, evaluate, write_tables
from radtl_tf.evaluation.metrics.metric_table import RATES
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.evaluation.secondary.operating_points import choose_threshold, cross_tabulate
from radtl_tf.records.operating_points import operating_point

Outcome = Callable[..., Path]
TRUTH = np.array([0, 0, 1, 0, 1, 1, 0, 1])
SCORE = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
POINTS = {"operating_points": ["youden", "sensitivity = 0.9"]}


@pytest.mark.parametrize(
    ("point", "threshold"),
    [
        ("youden", 0.25),  # sensitivity 1, specificity 1/2; 0.45 has 3/4 and 3/4, the same sum, and is higher
        ("sensitivity = 0.9", 0.25),
        ("sensitivity = 0.75", 0.45),
        ("sensitivity = 0.1", 0.75),
        ("specificity = 0.75", 0.45),
        ("specificity = 0.8", 0.75),
        ("specificity = 0.1", 0.15),
    ],
)
def test_thresholds_by_hand(point: str, threshold: float) -> None:
    assert choose_threshold(operating_point(point), TRUTH, SCORE) == pytest.approx(threshold)


def test_a_specificity_may_need_a_threshold_above_all_scores() -> None:
    threshold = choose_threshold(operating_point("specificity = 0.9"), np.array([1, 0]), np.array([0.5, 0.9]))
    assert threshold > 0.9
    assert cross_tabulate(np.array([1, 0]), np.array([0.5, 0.9]), threshold).false_positive == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_target_is_reached_and_no_better_threshold_reaches_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth = (random.random(200) < 0.3).astype(int)
    score = np.round(random.normal(0.3 + 0.2 * truth, 0.2).clip(0, 1), 2)
    threshold = choose_threshold(operating_point("sensitivity = 0.95"), truth, score)
    assert cross_tabulate(truth, score, threshold).rates["sensitivity"] >= 0.95
    above = score[score >= threshold].min() + 0.001
    assert cross_tabulate(truth, score, above).rates["sensitivity"] < 0.95


def test_cross_tabulation_and_rates_are_those_of_scikit_learn() -> None:
    calls = cross_tabulate(TRUTH, SCORE, 0.45)
    matrix = confusion_matrix(TRUTH, SCORE >= 0.45)
    assert [[calls.true_negative, calls.false_positive], [calls.false_negative, calls.true_positive]] == matrix.tolist()
    assert calls.rates["F1"] == pytest.approx(f1_score(TRUTH, SCORE >= 0.45))
    assert calls.rates["PPV"] == 3 / 4
    assert np.isnan(cross_tabulate(TRUTH, SCORE, 0.9).rates["PPV"])


def asked(outcome: Outcome, **like: object) -> tuple[Path, Evaluation]:
    options = {"backbones": ("ResNet50",), "unit": "image", "num_patients": 600, "evaluation": POINTS, **like}
    folder = outcome(**options)
    return folder, evaluate(folder)


def test_the_test_part_has_no_say_in_the_threshold(outcome: Outcome) -> None:
    folder, before = asked(outcome, num_repeats=2)
    path = folder / "predictions.csv"
    table = pd.read_csv(path, dtype={"patient": str})
    at = table["part"] == "test"
    table.loc[at, "score"] = 1 - table.loc[at, "score"]
    table.to_csv(path, index=False)
    after = evaluate(folder)
    columns = ["scenario", "point", "mean", "low", "high"]
    first, second = (found.secondary.operating_points.thresholds for found in (before, after))
    pd.testing.assert_frame_equal(first[columns], second[columns])
    assert (first["true_positive"] > second["true_positive"]).all()


def test_rates_are_means_over_the_folds_of_the_chosen_runs(outcome: Outcome) -> None:
    folder, found = asked(outcome)
    name = "ResNet50-imagenet-caffe-frozen"
    own = found.folds[found.folds["scenario"].str.startswith(f"{name}-")]
    chosen = own.loc[own.groupby("fold")["inner_loss"].idxmin()]
    rows = read_predictions(folder / "predictions.csv").merge(chosen[["scenario", "fold"]])
    sensitivities, thresholds = [], []
    for _, fold in rows.groupby("fold"):
        inner, test = (fold[fold["part"] == part] for part in ("inner", "test"))
        positive = np.sort(inner.loc[inner["truth"] == 1, "score"])
        threshold = choose_threshold(operating_point("sensitivity = 0.9"), *inner[["truth", "score"]].to_numpy().T)
        assert (positive >= threshold).mean() >= 0.9
        thresholds.append(threshold)
        sensitivities.append((test.loc[test["truth"] == 1, "score"] >= threshold).mean())
    estimates = found.secondary.operating_points.estimates.set_index(["scenario", "metric"])
    row = estimates.loc[(name, "sensitivity = 0.9: sensitivity")]
    assert row["mean"] == pytest.approx(np.mean(sensitivities))
    table = found.secondary.operating_points.thresholds.query("scenario == @name and point == 'sensitivity = 0.9'")
    assert table[["mean", "low", "high"]].iloc[0].tolist() == pytest.approx(
        [np.mean(thresholds), min(thresholds), max(thresholds)]
    )


def test_every_case_is_counted_once_and_rows_are_written(outcome: Outcome) -> None:
    folder, found = asked(outcome, num_repeats=2)
    table = found.secondary.operating_points.thresholds
    cells = ["true_positive", "false_positive", "false_negative", "true_negative"]
    assert len(table) == 4 * 2
    assert table[cells].sum(axis=1).eq(found.record.data.examples).all()
    write_tables(folder, found)
    written = pd.read_csv(folder / "estimates.csv")
    assert set(written["metric"]) >= {f"youden: {rate.name}" for rate in RATES}


def test_few_inner_patients_are_refused_with_the_reason(outcome: Outcome) -> None:
    _, found = asked(outcome, num_patients=80)
    assert len(found.secondary.operating_points.thresholds) == 0
    assert any("operating points" in note and "fewer than 10" in note for note in found.notes)


def test_unasked_there_is_neither_point_nor_note(evaluation: Evaluation) -> None:
    assert len(evaluation.secondary.operating_points.thresholds) == 0
    assert evaluation.secondary.operating_points.notes == ()
