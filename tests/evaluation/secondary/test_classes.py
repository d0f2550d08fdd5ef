"""Experiments with several classes, from simulated predictions to the question in each class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from radtl_tf.errors import DataError
from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.inference.comparison import holm
from radtl_tf.evaluation.metrics.auroc import class_auroc
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.evaluation.secondary.classes import CLASS
from radtl_tf.records.runs import SELECTED, Target

pytestmark = pytest.mark.slow

CLASSES = ("caries", "cyst, left", "impacted tooth")
Outcome = Callable[..., Path]
KINDS = ["multiclass", "multilabel"]


def several(outcome: Outcome, kind: str, **like: object) -> Path:
    return outcome(kind, **{"kind": kind, "classes": CLASSES, "backbones": ("ResNet50",), "prevalence": 0.3, **like})


@pytest.fixture(params=KINDS)
def folder(request: pytest.FixtureRequest, outcome: Outcome) -> Path:
    return several(outcome, request.param)


@pytest.fixture
def found(folder: Path) -> Evaluation:
    return evaluate(folder)


def test_the_auroc_is_the_mean_over_the_classes(folder: Path, found: Evaluation) -> None:
    target = found.record.target
    assert target.classes == CLASSES
    table = read_predictions(folder / "predictions.csv", target)
    first = found.folds.iloc[0]
    names = ["scenario", "repeat", "fold"]
    rows = table[(table[names] == first[names].to_numpy()).all(axis=1) & (table["part"] == "test")]
    patients = rows.groupby("patient")[[*target.truth, *target.score]].mean()
    truth, score = patients[list(target.truth)].to_numpy(), patients[list(target.score)].to_numpy()
    assert first["value"] == pytest.approx(roc_auc_score(truth, score, average="macro"))


def test_the_classes_of_a_setting_have_its_auroc_as_their_mean(found: Evaluation) -> None:
    written = found.secondary.estimates.set_index(["scenario", "metric"])["mean"]
    settings = found.estimates[found.estimates["learning_rate"] == SELECTED].set_index("scenario")["mean"]
    for name, mean in settings.items():
        assert np.mean([written[name, class_auroc(of)] for of in CLASSES]) == pytest.approx(mean)


def test_the_question_is_asked_in_every_class_and_adjusted(found: Evaluation) -> None:
    rows = found.secondary.comparisons.query(f"level == {CLASS!r}")
    assert rows["metric"].tolist() == [class_auroc(name) for name in CLASSES]
    assert rows["p_adjusted"].tolist() == pytest.approx(holm(rows["p_value"]).tolist())
    assert found.question is not None
    assert rows["difference"].mean() == pytest.approx(found.question.test.mean)
    assert found.question.verdict == "better"  # imagenet has twice the signal
    assert "3 classes" in found.question.sentence


def test_every_secondary_metric_has_a_value(found: Evaluation) -> None:
    table = found.secondary.metrics.estimates
    assert table["mean"].notna().all()
    assert len(found.secondary.selective) and len(found.secondary.agreements) == 1
    assert set(found.secondary.calibration.reliability["class"]) == set(CLASSES)
    temperatures = found.secondary.calibration.estimates["metric"].str.startswith("temperature: ")
    assert temperatures.any()


def test_temperature_lowers_the_log_loss_of_scores_that_are_too_flat(outcome: Outcome) -> None:
    found = evaluate(several(outcome, "multiclass", signal={"imagenet": 0.5, "random": 0.4}, noise=3.0))
    after = found.secondary.calibration.estimates.set_index(["scenario", "metric"])["mean"]
    before = found.secondary.metrics.estimates.set_index(["scenario", "metric"])["mean"]
    for setting in found.record.settings:
        assert after[setting.name, "temperature: log loss"] < before[setting.name, "log loss"] + 0.01


def test_a_binary_task_has_no_table_of_classes(evaluation: Evaluation) -> None:
    assert evaluation.secondary.classes.estimates.empty
    assert evaluation.secondary.classes.comparisons.empty


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda rows: rows.assign(**{"score_caries": rows["score_caries"] + 0.3}), "line [0-9]+: .*(1|probability)"),
        (lambda rows: rows.assign(**{"truth_caries": 1}), "line 2: .*class"),
        (lambda rows: rows.drop(columns="truth_impacted tooth"), "'truth_impacted tooth'"),
        (lambda rows: rows.replace({"truth_caries": {1: 2}}), "truth_caries"),
    ],
)
def test_damaged_predictions_are_refused(
    outcome: Outcome, change: Callable[[pd.DataFrame], pd.DataFrame], named: str
) -> None:
    path = several(outcome, "multiclass") / "predictions.csv"
    change(pd.read_csv(path, dtype={"patient": str})).to_csv(path, index=False)
    with pytest.raises(DataError, match=named):
        read_predictions(path, Target("multiclass", CLASSES))
