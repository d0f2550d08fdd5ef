"""Activations that the training has computed are found again, for exactly the network and the images they belong to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from radtl_tf.experiment import activations
from radtl_tf.experiment.activations import KeptActivations, is_compared, sample
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.logs import shown
from radtl_tf.records.disk import read_json, write_json
from radtl_tf.records.runs import Run


@pytest.fixture
def tuned(finished_plan: Plan) -> Run:
    """Return a finished run that fine-tuned in the first fold."""
    return next(run for run in finished_plan.runs if is_compared(run))


def test_only_fine_tuned_runs_of_the_first_fold_are_compared(finished_plan: Plan) -> None:
    runs = [run for run in finished_plan.runs if is_compared(run)]
    assert {(run.repeat, run.fold, run.scenario.setting.tuning) for run in runs} == {(0, 0, "topK2")}
    partial = replace(runs[0].scenario, setting=replace(runs[0].scenario.setting, train_fraction=0.5))
    assert not is_compared(replace(runs[0], scenario=partial))


def test_the_sample_is_spread_over_the_test_part(finished_plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    number = len(finished_plan.folds[0].test)
    assert sample(finished_plan).tolist() == list(range(number))
    monkeypatch.setattr(activations, "MAX_IMAGES", 3)
    assert sample(finished_plan).tolist() == [0, (number - 1) // 2, number - 1]


def test_a_finished_run_is_found_until_it_is_another_one(planned: Plan, finished_plan: Plan, tuned: Run) -> None:
    kept = KeptActivations(planned)
    assert kept.of_run(tuned) is None and kept.of_start(next(iter(planned.records))) is None
    plan = replace(planned, folder=finished_plan.folder)  # its runs, with an empty cache
    kept, number = KeptActivations(plan), len(plan.folds[0].test)
    arrays = [np.arange(number * width, dtype=np.float32).reshape(number, width) for width in (2, 3)]
    kept.keep(tuned, arrays)
    found = kept.of_run(tuned)
    assert found is not None
    for ours, theirs in zip(found, arrays, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    said: list[str] = []
    with shown(said.append):
        kept.keep(tuned, arrays)  # trained again to the same weights
    assert said == []
    other = [replace(plan.folds[0], test=plan.folds[0].test[1:]), *plan.folds[1:]]
    assert KeptActivations(replace(plan, folds=other)).of_run(tuned) is None


def test_a_start_is_found_with_the_features_of_the_training(finished_plan: Plan) -> None:
    kept = KeptActivations(finished_plan)
    for key in finished_plan.records:
        found = kept.of_start(key)
        assert found is not None
        assert [array.shape for array in found] == [(len(finished_plan.folds[0].test), width) for width in (6, 12)]


def test_a_run_without_checksums_is_not_found(finished_plan: Plan, tuned: Run, planned: Plan) -> None:
    marker = planned.folder.files(tuned).marker
    marker.parent.mkdir(parents=True)
    write_json(marker, {"run": read_json(finished_plan.folder.files(tuned).marker)["run"]})
    KeptActivations(planned).keep(tuned, [])
    assert KeptActivations(planned).of_run(tuned) is None
