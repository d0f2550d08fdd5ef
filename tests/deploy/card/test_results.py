"""Metrics come from the evaluation; thresholds and calibration from the inner parts of the exported runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from radtl_tf.deploy.card.results import results_of
from radtl_tf.deploy.choice import best_runs, choose_setting
from radtl_tf.evaluation.metrics.recalibration import platt
from radtl_tf.evaluation.secondary.operating_points import choose_threshold
from radtl_tf.records.disk import read_json, write_json
from radtl_tf.records.experiment import EvaluationPlan
from radtl_tf.records.experiment_facts import ExperimentFacts, read_facts, write_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.operating_points import operating_point

SETTING = "Tiny-mine-tf-frozen"


def asked(folder: OutputFolder, fixed: bool = False, **evaluation: Any) -> ExperimentFacts:
    """Return the facts with this evaluation; say of every run whether its inner part is too small."""
    for place in folder.runs.glob("*/0-*/run.json"):
        write_json(place, {**read_json(place), "fixed_epochs": fixed})
    facts = read_facts(folder.experiment)
    plan = replace(facts.experiment, evaluation=EvaluationPlan(**evaluation))
    return replace(facts, experiment=plan)


def results(folder: OutputFolder, facts: ExperimentFacts, folds: list[int]) -> dict[str, Any]:
    choice = choose_setting(folder, facts.scenarios, SETTING)
    return results_of(folder, facts, choice, best_runs(folder, choice.scenarios, folds))


def inner(folder: OutputFolder, facts: ExperimentFacts, fold: int) -> pd.DataFrame:
    scenarios = choose_setting(folder, facts.scenarios, SETTING).scenarios
    table = pd.read_csv(folder.files(best_runs(folder, scenarios, [fold])[0]).predictions)
    return table[table["part"] == "inner"]


def test_thresholds_are_means_over_the_exported_folds(finished: OutputFolder) -> None:
    facts = asked(finished, operating_points=("youden", "sensitivity = 0.9"))
    found = results(finished, facts, [0, 1, 2])["operating_points"]
    assert [one["name"] for one in found] == ["youden", "sensitivity = 0.9"]
    for one in found:
        tables = [inner(finished, facts, fold) for fold in range(3)]
        point = operating_point(one["name"])
        each = [choose_threshold(point, of["truth"].to_numpy(), of["score"].to_numpy()) for of in tables]
        assert one["threshold"] == pytest.approx(np.mean(each))
    alone = results(finished, facts, [1])["operating_points"][0]["threshold"]
    table = inner(finished, facts, 1)
    youden = choose_threshold(operating_point("youden"), table["truth"].to_numpy(), table["score"].to_numpy())
    assert alone == pytest.approx(youden)


def test_the_calibration_of_one_fold_is_its_platt_scaling(finished: OutputFolder) -> None:
    facts = asked(finished)
    line, table = results(finished, facts, [2])["calibration"], inner(finished, facts, 2)
    truth, score = table["truth"].to_numpy(), table["score"].to_numpy()
    assert expit(line["intercept"] + line["slope"] * logit(score)) == pytest.approx(platt([(truth, score)])[0](score))


def test_small_inner_parts_and_a_refit_decide_nothing(finished: OutputFolder) -> None:
    facts = asked(finished, fixed=True, operating_points=("youden",))
    small = results(finished, facts, [0])
    facts = asked(finished, operating_points=("youden",))
    refit = results(finished, facts, [])
    for found in (small, refit):
        assert found["operating_points"] == [] and found["calibration"] is None


def test_metrics_are_the_rows_of_the_setting(finished: OutputFolder) -> None:
    assert results(finished, asked(finished), [0])["metrics"] == []
    header = "scenario,backbone,weights,tuning,learning_rate,metric,mean,sd,ci_low,ci_high,method,pixels,not_converged"
    rows = [
        f"{SETTING},Tiny,mine,frozen,selected,auroc,0.8,0.1,0.7,0.9,t,tf,0",
        f"{SETTING},Tiny,mine,frozen,selected,youden: PPV,,,,,none,tf,0",
        f"{SETTING}-0.1,Tiny,mine,frozen,0.1,auroc,0.7,0.1,0.6,0.8,t,tf,0",
        "Tiny-random-tf-frozen,Tiny,random,frozen,selected,auroc,0.6,0.1,0.5,0.7,t,tf,0",
    ]
    finished.estimates.write_text("\n".join([header, *rows]) + "\n")
    assert results(finished, asked(finished), [0])["metrics"] == [
        {"metric": "auroc", "mean": 0.8, "low": 0.7, "high": 0.9, "method": "t"},
        {"metric": "youden: PPV", "mean": None, "low": None, "high": None, "method": "none"},
    ]


def test_subgroups_are_those_of_the_experiment(finished: OutputFolder) -> None:
    lines = [f"{number},{'FM'[number // 2 % 2]}" for number in range(60)]
    finished.metadata.write_text("\n".join(["example,sex", *lines]) + "\n")
    record = read_json(finished.experiment)
    record["experiment"]["evaluation"]["subgroups"] = ["sex"]
    write_facts(finished.experiment, record)
    women, men = results(finished, asked(finished, subgroups=("sex",)), [0])["subgroups"]
    assert (women["value"], women["images"], men["images"]) == ("F", 30, 30)
    assert all(0.5 < row["auroc"] <= 1 and row["reason"] == "" for row in (women, men))
