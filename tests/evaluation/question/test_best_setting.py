"""The setting with the lowest inner loss, and ties by the one-standard-error rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.evaluation.question.best_setting import best_setting, inner_losses, rank_settings
from radtl_tf.records.disk import write_json
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import PROBE, Run, Scenario, Setting

A, B = (Setting("R", weights, "caffe", "frozen") for weights in ("a", "b"))
FAST, SLOW, OTHER = Scenario(A, 0.1), Scenario(A, 0.01), Scenario(B, 0.1)
Losses = Mapping[Scenario, list[float]]


def folder_of(root: Path, losses: Losses) -> OutputFolder:
    """Write records of finished runs: for each scenario, the inner losses of two folds of each repeat."""
    folder = OutputFolder(root)
    for scenario, values in losses.items():
        for number, value in enumerate(values):
            run = Run(scenario, number // 2, number % 2)
            record = {**scenario.as_dict(), "repeat": run.repeat, "fold": run.fold, "inner_loss": value}
            write_json(folder.run(run) / "run.json", record)
            write_json(folder.run(run) / "DONE.json", {})
    return folder


def test_the_lowest_mean_is_first_and_its_lead_is_paired() -> None:
    found = rank_settings({"high": [9, 9, 9, 9], "near": [1.2, 2.1, 3.2, 4.1], "low": [1, 2, 3, 4]})
    assert (found.best, found.runner_up) == ("low", "near")
    assert (found.loss, found.runner_up_loss) == pytest.approx((2.5, 2.65))
    assert found.standard_error == pytest.approx(np.std([0.2, 0.1, 0.2, 0.1], ddof=1) / 2)
    assert not found.is_tie  # paired: the losses of each setting spread by more than the lead


@pytest.mark.parametrize(
    ("second", "tie"),
    [([0.7, 0.4, 0.7, 0.4], True), ([0.5, 0.5, 0.5, 0.5], True), ([0.6, 0.5, 0.6, 0.5], False)],
)
def test_a_lead_within_one_standard_error_is_a_tie(second: list[float], tie: bool) -> None:
    assert rank_settings({"first": [0.5] * 4, "second": second}).is_tie is tie


def test_one_run_can_tell_nothing_and_one_setting_is_no_tie() -> None:
    assert rank_settings({"a": [0.1], "b": [0.9]}).is_tie
    alone = rank_settings({"a": [0.3, 0.5]})
    assert (alone.best, alone.runner_up, alone.is_tie) == ("a", None, False)


def test_a_setting_that_diverged_is_left_out() -> None:
    found = rank_settings({"diverged": [math.nan, 0.1], "a": [0.5, 0.5]})
    assert (found.best, found.runner_up) == ("a", None)
    with pytest.raises(ExperimentError):
        rank_settings({"diverged": [math.nan, 0.1]})


def test_losses_are_at_the_best_learning_rate_of_each_fold(tmp_path: Path) -> None:
    probe, part = (
        Scenario(Setting("R", "a", "caffe", PROBE), None),
        Scenario(Setting("R", "a", "caffe", "full", 0.5), 1.0),
    )
    losses = {FAST: [0.5, 0.3], SLOW: [0.4, 0.6], OTHER: [0.7, 0.8], probe: [0.1, 0.1], part: [0.2, 0.2]}
    folder = folder_of(tmp_path, losses)
    assert {name: list(values) for name, values in inner_losses(folder, list(losses)).items()} == {
        A.name: [0.4, 0.3],
        B.name: [0.7, 0.8],
    }
    assert best_setting(folder, list(losses)).best == A.name


def test_only_folds_that_all_have_finished_are_compared(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {FAST: [0.5, 0.3, 0.0], SLOW: [0.6, 0.6, 0.0, 0.0], OTHER: [0.9, 0.8]})
    assert [len(values) for values in inner_losses(folder, [FAST, SLOW, OTHER]).values()] == [2, 2]


def test_too_few_finished_folds_are_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {FAST: [0.5, 0.3], SLOW: [0.6, 0.6], OTHER: [0.9]})
    with pytest.raises(ExperimentError):
        best_setting(folder, [FAST, SLOW, OTHER])
    with pytest.raises(ExperimentError):
        best_setting(OutputFolder(tmp_path / "nothing"), [FAST])


def test_a_tie_names_both_settings_and_their_losses_in_one_line(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {FAST: [0.4, 0.5, 0.6, 0.3], OTHER: [0.5, 0.4, 0.6, 0.4]})
    with pytest.raises(ExperimentError) as caught:
        best_setting(folder, [FAST, OTHER])
    said = str(caught.value)
    assert all(word in said for word in (A.name, B.name, "0.450000", "0.475000"))
    assert "\n" not in said and "--" not in said
