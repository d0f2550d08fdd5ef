from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.question.inner_choice import RunValues, run_values
from radtl_tf.evaluation.results.experiment_record import read_record
from radtl_tf.records.runs import Scenario, Setting

RATES = [Scenario(Setting("R", "w", "caffe", "frozen"), rate) for rate in (0.1, 0.01)]
HIGH, LOW = (scenario.name for scenario in RATES)


def wide(high: list[float], low: list[float]) -> pd.DataFrame:
    rows = pd.MultiIndex.from_product([[0], [0, 1, 2]], names=["repeat", "fold"])
    return pd.DataFrame({HIGH: high, LOW: low}, index=rows)


VALUES = RunValues(
    tested=wide([0.9, 0.8, 0.7], [0.6, 0.95, 0.5]),
    inner_loss=wide([0.5, 0.3, 0.4], [0.4, 0.6, 0.4]),
    stuck=wide([True, False, True], [True, True, False]) == 1,
)


def test_the_inner_loss_chooses_and_never_the_test_value() -> None:
    chosen = VALUES.choose(RATES)
    assert chosen.tolist() == [LOW, HIGH, HIGH]  # the first of equals in the last fold
    assert VALUES.at(chosen).tolist() == [0.6, 0.8, 0.7]
    assert VALUES.num_stuck(chosen) == 2
    assert VALUES.mean(RATES).tolist() == pytest.approx([0.75, 0.875, 0.6])


def test_test_scores_do_not_change_a_choice(evaluation: Evaluation) -> None:
    folds = evaluation.folds
    before = run_values(evaluation.record, folds)
    after = run_values(evaluation.record, folds.assign(value=1 - folds["value"]))
    family = evaluation.record.family("imagenet")
    assert before.choose(family).equals(after.choose(family))
    assert not before.at(before.choose(family)).equals(after.at(after.choose(family)))


def test_runs_that_did_not_converge_are_counted_where_they_are(evaluation: Evaluation) -> None:
    stuck = run_values(evaluation.record, evaluation.folds).stuck
    runs = evaluation.record.runs
    told = runs[runs["converged"].isin([False])]
    assert stuck.to_numpy().sum() == len(told) > 0
    assert all(stuck.loc[(row.repeat, row.fold), row.scenario] for row in told.itertuples())


def test_incomplete_experiments_are_refused(evaluation: Evaluation) -> None:
    record, folds = evaluation.record, evaluation.folds
    name = record.scenarios[3].name
    with pytest.raises(DataError, match=f"'{name}'"):
        run_values(record, folds[folds["scenario"] != name])
    with pytest.raises(DataError, match="1 of 5 folds"):
        run_values(record, folds[folds["fold"] != 2])
    with pytest.raises(DataError, match="experiments"):
        run_values(replace(record, facts=replace(record.facts, scenarios=record.scenarios[1:])), folds)
    with pytest.raises(DataError, match=f"inner part .*'{name}'"):
        run_values(record, folds.assign(inner_loss=folds["inner_loss"].mask(folds["scenario"] == name)))


def test_a_probe_without_inner_rows_is_no_fault(finished: Path, evaluation: Evaluation) -> None:
    folds = evaluation.folds
    probe = folds["scenario"].str.endswith("probe")
    assert probe.any()
    run_values(read_record(finished), folds.assign(inner_loss=folds["inner_loss"].mask(probe)))
