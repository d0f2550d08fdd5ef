"""The setting and the runs of a model."""

from __future__ import annotations

import logging

import pytest

from radtl_tf.deploy.choice import best_runs, choose_setting, numbers_of
from radtl_tf.errors import ExperimentError
from radtl_tf.records.disk import read_json, write_json
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import EMBEDDINGS, Scenario, Setting

SETTING = "Tiny-mine-tf-frozen"


def test_each_fold_has_its_own_learning_rate_of_lowest_inner_loss(finished: OutputFolder) -> None:
    losses = {("0.1", 0): 0.2, ("0.01", 0): 0.3, ("0.1", 2): 0.4, ("0.01", 2): 0.1}
    for (rate, fold), loss in losses.items():
        place = finished.runs / f"{SETTING}-{rate}" / f"0-{fold}" / "run.json"
        write_json(place, {**read_json(place), "inner_loss": loss})
    scenarios = choose_setting(finished, read_facts(finished.experiment).scenarios, SETTING).scenarios
    assert [run.scenario.learning_rate for run in best_runs(finished, scenarios, [0, 2])] == [0.1, 0.01]


def test_a_missing_run_counts_in_its_own_fold_only(finished: OutputFolder) -> None:
    (finished.runs / f"{SETTING}-0.1" / "0-1" / "DONE.json").unlink()
    scenarios = choose_setting(finished, read_facts(finished.experiment).scenarios, SETTING).scenarios
    assert len(best_runs(finished, scenarios, [0, 2])) == 2
    with pytest.raises(ExperimentError):
        best_runs(finished, scenarios, [0, 1])


def with_losses(folder: OutputFolder, **by_setting: list[float]) -> None:
    """Give the runs of a setting its inner losses by fold; all other runs get 1."""
    for place in folder.runs.glob("*/0-*/run.json"):
        record = read_json(place)
        losses = by_setting.get(f"{record['weights']}_{record['tuning']}", [1.0] * 3)
        write_json(place, {**record, "inner_loss": losses[record["fold"]]})


def test_the_choice_is_shown_with_the_runner_up(finished: OutputFolder, caplog: pytest.LogCaptureFixture) -> None:
    with_losses(finished, random_topK2=[0.1, 0.2, 0.3], mine_topK2=[0.41, 0.5, 0.6])
    with caplog.at_level(logging.INFO, "radtl_tf"):
        choice = choose_setting(finished, read_facts(finished.experiment).scenarios, None)
    (line,) = [record.getMessage() for record in caplog.records if "Tiny-random-tf-topK2" in record.getMessage()]
    assert all(text in line for text in ("0.200000", "Tiny-mine-tf-topK2", "0.503333", "0.003333"))
    assert choice.as_dict() == {
        "chosen": "Tiny-random-tf-topK2",
        "by": "lowest inner loss",
        "lowest": "Tiny-random-tf-topK2",
        "lowest_inner_loss": pytest.approx(0.2),
        "runner_up": "Tiny-mine-tf-topK2",
        "runner_up_inner_loss": pytest.approx(0.503333, abs=1e-6),
        "standard_error": pytest.approx(0.003333, abs=1e-6),
    }


def test_a_named_setting_is_not_called_the_best(finished: OutputFolder) -> None:
    with_losses(finished, random_topK2=[0.1, 0.2, 0.3])
    scenarios = read_facts(finished.experiment).scenarios
    record = choose_setting(finished, scenarios, SETTING).as_dict()
    assert (record["chosen"], record["by"], record["lowest"]) == (SETTING, "name", "Tiny-random-tf-topK2")
    for marker in finished.runs.glob("*topK2*/*/DONE.json"):
        marker.unlink()  # too few runs for a ranking
    assert choose_setting(finished, scenarios, SETTING).as_dict() == {"chosen": SETTING, "by": "name"}


def test_embeddings_are_never_chosen(finished: OutputFolder, caplog: pytest.LogCaptureFixture) -> None:
    with_losses(finished, random_topK2=[0.1, 0.2, 0.3])
    vectors = Scenario(Setting(EMBEDDINGS, "dino", "none", "frozen"), 0.1)
    scenarios = [vectors, *read_facts(finished.experiment).scenarios]
    with caplog.at_level(logging.INFO, "radtl_tf"):
        assert choose_setting(finished, scenarios, None).setting.name == "Tiny-random-tf-topK2"
    assert vectors.setting.name in caplog.text
    with pytest.raises(ExperimentError, match="Tiny-random-tf-topK2"):
        choose_setting(finished, scenarios, vectors.setting.name)
    for name in (None, vectors.setting.name):
        with pytest.raises(ExperimentError):
            choose_setting(finished, [vectors], name)


def test_numbers_of_folds() -> None:
    assert [list(numbers_of(fold, 3, "refit")) for fold in ("all", 2, "refit")] == [[0, 1, 2], [2], [0, 1, 2]]
    for fold in (3, -1, True, "every", 1.0):
        with pytest.raises(ExperimentError, match=r"0 to 2.*'all' or 'refit'"):
            numbers_of(fold, 3, "refit")
    with pytest.raises(ExperimentError):
        numbers_of("refit", 3)
