"""Secondary metrics use the runs of the question, are adjusted, and are labeled as secondary."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.inference.comparison import holm
from radtl_tf.evaluation.metrics.metric_table import SECONDARY
from radtl_tf.evaluation.results.predictions import read_predictions

Outcome = Callable[..., Path]

NAMES = [metric.name for metric in SECONDARY]


def test_every_setting_has_every_metric(evaluation: Evaluation) -> None:
    found = evaluation.secondary.metrics.estimates
    assert found.groupby("scenario", sort=False)["metric"].apply(list).tolist() == [NAMES] * 8
    assert found["learning_rate"].eq("selected").all()
    assert (found["ci_low"] < found["mean"]).all()


def test_a_settings_value_is_of_the_chosen_runs(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",), unit="image")
    found = evaluate(folder)
    own = found.folds[found.folds["scenario"].str.startswith("ResNet50-random-caffe-top10-")]
    chosen = own.loc[own.groupby("fold")["inner_loss"].idxmin()]
    rows = read_predictions(folder / "predictions.csv").query("part == 'test'").merge(chosen[["scenario", "fold"]])
    expected = [average_precision_score(fold["truth"], fold["score"]) for _, fold in rows.groupby("fold")]
    table = found.secondary.metrics.estimates.set_index(["scenario", "metric"])
    assert table.loc[("ResNet50-random-caffe-top10", "average precision"), "mean"] == pytest.approx(np.mean(expected))


def test_the_question_is_asked_in_every_metric_and_adjusted(evaluation: Evaluation) -> None:
    rows = evaluation.secondary.metrics.comparisons.query("level == 'metric'")
    assert rows["metric"].tolist() == NAMES
    gains = evaluation.secondary.averages["p_value"]  # one family with the average of both weights
    adjusted = holm([*rows["p_value"], *gains])
    assert rows["p_adjusted"].to_numpy() == pytest.approx(adjusted[: len(rows)])
    assert evaluation.secondary.averages["p_adjusted"].tolist() == pytest.approx(adjusted[len(rows) :].tolist())
    assert rows["reason"].eq("secondary").all()
    words = rows["outcome"]
    shown = rows["p_adjusted"] < 0.05
    assert shown.any() and not shown.all()
    assert words[~shown].eq("undecided").all()
    assert (words[shown].map({"higher": 1, "lower": -1}) == np.sign(rows["difference"][shown])).all()


def test_over_the_grid_it_is_the_mean_over_the_scenarios(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",), unit="image", probes=False, question={"over": "grid", "margin": 0.02})
    row = evaluate(folder).secondary.metrics.comparisons.query("metric == 'Brier'").iloc[0]
    table = read_predictions(folder / "predictions.csv").query("part == 'test'")
    table["weights"] = table["scenario"].str.split("-").str[1]
    squares = (table["score"] - table["truth"]) ** 2
    means = squares.groupby([table["weights"], table["scenario"], table["fold"]]).mean().groupby("weights").mean()
    assert row["difference"] == pytest.approx(means["imagenet"] - means["random"])


def test_rows_are_written_below_the_others(finished: Path, evaluation: Evaluation) -> None:
    written = pd.read_csv(finished / "estimates.csv")
    assert len(written) == len(evaluation.estimates) + len(evaluation.secondary.estimates)
    assert written["metric"][: len(evaluation.estimates)].eq("auroc").all()
    compared = pd.read_csv(finished / "comparisons.csv")
    assert set(compared["level"]) >= {"question", "metric", "unit"}
    assert compared["level"].iloc[0] == "question"


def test_the_other_unit_answers_the_same_question(evaluation: Evaluation) -> None:
    (row,) = evaluation.secondary.metrics.comparisons.query("level == 'unit'").to_dict("records")
    assert "per image" in row["reason"]
    assert evaluation.question is not None
    assert row["difference"] != evaluation.question.test.mean
    assert row["difference"] == pytest.approx(evaluation.question.test.mean, abs=0.05)
    assert row["p_adjusted"] == row["p_value"]


def test_patients_of_both_classes_have_no_analysis_per_patient(outcome: Outcome) -> None:
    found = evaluate(outcome(unit="image", backbones=("ResNet50",)))
    assert "unit" not in set(found.comparisons["level"])
    assert found.secondary.metrics.comparisons["level"].eq("metric").all()
    assert any(re.search(r"per patient: \d+ patients", note) for note in found.notes)


def test_without_a_question_there_are_estimates_only(outcome: Outcome) -> None:
    found = evaluate(outcome(question=None, backbones=("ResNet50",))).secondary.metrics
    assert len(found.comparisons) == 0
    assert len(found.estimates) == 4 * len(NAMES)


def test_what_has_no_value_says_so(outcome: Outcome) -> None:
    found = evaluate(outcome(signal={"imagenet": 60.0, "random": 60.0}, noise=0.01, backbones=("ResNet50",)))
    slopes = found.secondary.metrics.estimates.query("metric == 'calibration slope'")
    assert slopes["mean"].isna().all()
    assert slopes["method"].str.contains("5 of 5 folds").all()
    assert any("calibration slope" in note for note in found.notes)
    assert found.secondary.metrics.comparisons["p_value"].isna().any()
