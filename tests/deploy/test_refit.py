"""A network trained on all patients: what the folds decide, and where it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.deploy import refit as module
from radtl_tf.deploy.choice import Choice, best_runs, choose_setting
from radtl_tf.deploy.refit import cases_of, recipe_of, refitted
from radtl_tf.errors import ExperimentError
from radtl_tf.records.disk import read_json, write_json
from radtl_tf.records.experiment_facts import ExperimentFacts, read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.training.finished_networks import find_weights

SETTING = "Tiny-mine-tf-frozen"


def chosen(folder: OutputFolder, setting: str = SETTING) -> tuple[ExperimentFacts, Choice]:
    facts = read_facts(folder.experiment)
    return facts, choose_setting(folder, facts.scenarios, setting)


def set_runs(folder: OutputFolder, scenario: str, **values: list[Any]) -> None:
    """Give the runs of a scenario these values by fold."""
    for fold in range(3):
        place = folder.runs / scenario / f"0-{fold}" / "run.json"
        write_json(place, {**read_json(place), **{key: of[fold] for key, of in values.items()}})


def test_the_rate_of_lowest_mean_inner_loss_and_the_median_epoch(finished: OutputFolder) -> None:
    set_runs(finished, f"{SETTING}-0.1", inner_loss=[0.1, 0.9, 0.9], best_epoch=[3, 3, 3])
    set_runs(finished, f"{SETTING}-0.01", inner_loss=[0.4, 0.4, 0.4], best_epoch=[1, 2, 3])
    facts, choice = chosen(finished)
    recipe = recipe_of(finished, facts, choice.scenarios)
    assert (recipe.scenario.learning_rate, recipe.epochs, recipe.strength) == (0.01, 2, None)
    set_runs(finished, "Tiny-mine-tf-probe", strength=[1e-6, 1e-2, 1e-3])
    facts, choice = chosen(finished, "Tiny-mine-tf-probe")
    assert recipe_of(finished, facts, choice.scenarios).strength == 1e-3


def test_the_cases_are_those_of_the_experiment(finished: OutputFolder, finished_plan: Any) -> None:
    facts, choice = chosen(finished)
    found, expected = cases_of(finished, facts, best_runs(finished, choice.scenarios, range(3))), finished_plan.cases
    assert np.array_equal(found.examples, expected.examples)
    assert np.array_equal(found.truth, expected.truth)
    assert [found.patient_ids[at] for at in found.patients] == [expected.patient_ids[at] for at in expected.patients]
    assert (found.classes, found.unit, found.kind) == (expected.classes, expected.unit, expected.kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_several_classes_are_trained(kind: str, finished_several: Any, tmp_path: Path) -> None:
    folder = finished_several(kind)
    facts, choice = chosen(folder)
    weights = find_weights(facts.experiment, choice.setting, tmp_path)
    assert refitted(folder, facts, choice, weights)[1].kernel.shape[1] == 3


def test_it_is_trained_once(finished: OutputFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts, choice = chosen(finished)
    weights = find_weights(facts.experiment, choice.setting, tmp_path)
    recipe, learned = refitted(finished, facts, choice, weights)
    assert read_json(finished.refit(choice.setting).record)["patients"] == 60
    calls: list[Any] = []
    monkeypatch.setattr(module, "train_on_all", lambda *args: calls.append(args) or learned)
    assert np.array_equal(refitted(finished, facts, choice, weights)[1].kernel, learned.kernel)
    assert not calls
    set_runs(finished, recipe.scenario.name, best_epoch=[1, 1, 1])  # another recipe
    assert recipe.epochs != 1
    refitted(finished, facts, choice, weights)
    assert len(calls) == 1


def test_a_setting_with_a_share_of_the_patients_is_refused(finished: OutputFolder, tmp_path: Path) -> None:
    facts, choice = chosen(finished)
    part = replace(choice, setting=replace(choice.setting, train_fraction=0.5))
    with pytest.raises(ExperimentError):
        refitted(finished, facts, part, find_weights(facts.experiment, choice.setting, tmp_path))


def test_only_finished_settings_are_refitted(finished: OutputFolder, tmp_path: Path) -> None:
    (finished.runs / f"{SETTING}-0.1" / "0-1" / "DONE.json").unlink()
    facts, choice = chosen(finished)
    with pytest.raises(ExperimentError):
        refitted(finished, facts, choice, find_weights(facts.experiment, choice.setting, tmp_path))
