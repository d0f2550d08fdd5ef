"""The table of a screen, and its experiment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.library.screen.result import NO_TEST, Screen


def test_the_best_candidate_comes_first(found: Screen) -> None:
    table = found.frame()
    assert table["rank"].tolist() == [1, 2, 3]
    assert table.loc[0, "weights"] == "cheat" and table.loc[0, "neighbors_auroc"] == 1
    assert table["log_me"].idxmax() == 0
    assert not {"p", "p_value", "ci_low", "ci_high"} & set(table.columns)


def test_every_form_says_that_it_is_no_test(found: Screen) -> None:
    plain = json.loads(json.dumps(found.as_dict()))
    assert plain["note"] == NO_TEST
    assert [one["weights"] for one in plain["candidates"]] == found.frame()["weights"].tolist()
    assert (plain["images"], plain["patients"]) == (62, 62)
    shown = repr(found)
    assert " ".join(NO_TEST.split()) in " ".join(shown.split())
    assert all(len(line) <= 100 for line in shown.splitlines())


def test_an_experiment_is_not_overwritten(found: Screen, tmp_path: Path) -> None:
    file = tmp_path / "experiment.toml"
    file.write_text("mine")
    with pytest.raises(OutputError):
        found.write_experiment(file)
    assert file.read_text() == "mine"
