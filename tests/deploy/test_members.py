"""Which networks become a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.deploy.choice import choose_setting
from radtl_tf.deploy.members import members
from radtl_tf.errors import ExperimentError
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.training.finished_networks import find_weights

SETTING = "Tiny-mine-tf-probe"


@pytest.mark.parametrize(
    ("fold", "names"),
    [
        ("all", [f"{SETTING}/0-0", f"{SETTING}/0-1", f"{SETTING}/0-2"]),
        (2, [f"{SETTING}/0-2"]),
        ("refit", [f"{SETTING}/refit"]),
    ],
)
def test_the_networks_of_a_fold(fold: object, names: list[str], finished: OutputFolder, tmp_path: Path) -> None:
    facts = read_facts(finished.experiment)
    choice = choose_setting(finished, facts.scenarios, SETTING)
    weights = find_weights(facts.experiment, choice.setting, tmp_path)
    found = members(finished, facts, choice, weights, fold)  # type: ignore[arg-type]
    assert found.names == names
    assert [run.name for run in found.runs] == [name for name in names if "refit" not in name]
    assert len(list(found.networks)) == len(names)


def test_one_fold_needs_its_own_runs_only(finished: OutputFolder, tmp_path: Path) -> None:
    (finished.runs / SETTING / "0-1" / "DONE.json").unlink()
    facts = read_facts(finished.experiment)
    choice = choose_setting(finished, facts.scenarios, SETTING)
    weights = find_weights(facts.experiment, choice.setting, tmp_path)
    assert members(finished, facts, choice, weights, 0).runs
    for fold in ("all", "refit"):
        with pytest.raises(ExperimentError):
            members(finished, facts, choice, weights, fold)  # type: ignore[arg-type]
