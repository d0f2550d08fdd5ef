"""The runs of a model."""

from __future__ import annotations

import pytest

from radtl_tf.deploy.choice import best_runs, choose_setting
from radtl_tf.errors import ExperimentError
from radtl_tf.records.disk import read_json, write_json
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder

SETTING = "Tiny-mine-tf-frozen"


def test_each_fold_has_its_own_learning_rate_of_lowest_inner_loss(finished: OutputFolder) -> None:
    losses = {("0.1", 0): 0.2, ("0.01", 0): 0.3, ("0.1", 2): 0.4, ("0.01", 2): 0.1}
    for (rate, fold), loss in losses.items():
        place = finished.runs / f"{SETTING}-{rate}" / f"0-{fold}" / "run.json"
        write_json(place, {**read_json(place), "inner_loss": loss})
    _, scenarios = choose_setting(finished, read_facts(finished.experiment).scenarios, SETTING)
    assert [run.scenario.learning_rate for run in best_runs(finished, scenarios, [0, 2])] == [0.1, 0.01]


def test_a_missing_run_counts_in_its_own_fold_only(finished: OutputFolder) -> None:
    (finished.runs / f"{SETTING}-0.1" / "0-1" / "DONE.json").unlink()
    _, scenarios = choose_setting(finished, read_facts(finished.experiment).scenarios, SETTING)
    assert len(best_runs(finished, scenarios, [0, 2])) == 2
    with pytest.raises(ExperimentError):
        best_runs(finished, scenarios, [0, 1])
