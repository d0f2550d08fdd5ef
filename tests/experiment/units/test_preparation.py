"""A plan that is opened from files is the plan that was prepared."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.errors import OutputError, WeightsError
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.units import preparation
from radtl_tf.experiment.units.preparation import open_plan, prepare_units
from radtl_tf.records.prepared import Prepared, find_prepared, read_prepared
from radtl_tf.records.safety.lock import working


def opened(plan: Plan, prepared: Prepared, weights: Path = Path("nowhere")) -> Plan:
    return open_plan(plan.folder, prepared, device=plan.device, weights_folder=weights, cache_folder=plan.cache)


def test_an_opened_plan_is_the_prepared_one(plan: Plan) -> None:
    prepared = prepare_units(plan, timed=False)
    assert read_prepared(plan.folder) == prepared
    again = opened(plan, prepared)
    assert again.records == plan.records and again.runs == plan.runs
    assert again.facts == plan.facts and again.identity == plan.identity
    assert again.experiment == plan.experiment and again.images_hash == plan.images_hash
    assert np.array_equal(again.pixels, plan.pixels) and again.cases.patient_ids == plan.cases.patient_ids
    for one, other in zip(again.folds, plan.folds, strict=True):
        assert all(np.array_equal(a[1], b[1]) for a, b in zip(one.parts(), other.parts(), strict=True))


def test_preparing_again_changes_nothing(plan: Plan) -> None:
    prepare_units(plan, timed=False)
    before = {path: path.stat().st_mtime_ns for path in (plan.folder.prepared, plan.folder.arrays)}
    prepare_units(plan, timed=False)
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_threads_and_versions_stay_once_a_run_is_finished(plan: Plan) -> None:
    first = prepare_units(plan, timed=False)
    other = dataclasses.replace(plan, device=dataclasses.replace(plan.device, threads=77))
    assert prepare_units(other, timed=False) == first
    for marker in plan.folder.runs.glob("*/*/DONE.json"):
        marker.unlink()
    assert prepare_units(other, timed=False).threads == 77


def test_units_are_timed_and_divided_later_unless_one_is_at_work(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "seconds_per_run", lambda of: dict.fromkeys(of.runs, 50.0))
    prepare_units(plan, timed=False)
    with working(plan.folder.root, "Tiny-mine-tf-0"):
        assert len(prepare_units(plan, timed=True).units) == 2
    assert len(prepare_units(plan, timed=True).units) == 4
    monkeypatch.undo()
    assert prepare_units(plan, timed=True).is_timed  # times of before are kept: nothing is timed again


def test_another_experiment_or_a_damaged_file_is_refused(plan: Plan) -> None:
    prepared = prepare_units(plan, timed=False)
    other = json.loads(json.dumps(prepared.facts))
    other["experiment"]["training"]["epochs"] += 1
    with pytest.raises(OutputError, match="another experiment"):
        opened(plan, dataclasses.replace(prepared, facts=other))
    content = bytearray(plan.folder.arrays.read_bytes())
    content[-40] ^= 1
    plan.folder.arrays.write_bytes(content)
    with pytest.raises(OutputError, match=r"prepared\.npz"):
        opened(plan, prepared)


def test_weights_that_have_moved_are_found_where_this_machine_has_them(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prepared = prepare_units(plan, timed=False)
    moved = [entry | {"file": entry["file"] and str(tmp_path / "gone.h5")} for entry in prepared.weights]
    gone = dataclasses.replace(prepared, weights=tuple(moved))
    assert opened(plan, gone).records == plan.records
    changed = [entry | {"sha256": entry["sha256"] and "0" * 64} for entry in moved]
    with pytest.raises(WeightsError, match="mine"):
        opened(plan, dataclasses.replace(gone, weights=tuple(changed)))


def test_nothing_is_known_of_another_experiment(plan: Plan) -> None:
    prepare_units(plan, timed=False)
    other: Any = dataclasses.replace(plan, known_facts={**plan.facts, "folds_sha256": "other"})
    assert prepare_units(other, timed=False).facts["folds_sha256"] == "other"
    found = find_prepared(plan.folder)
    assert found and found.facts["folds_sha256"] == "other"


def test_opening_costs_less_than_a_second_of_computing(plan: Plan) -> None:
    prepare_units(plan, timed=False)
    shutil.rmtree(plan.folder.data / "radiographs", ignore_errors=True)  # neither images nor baselines are read
    plan.folder.baselines.unlink()
    before = time.process_time()
    opened(plan, read_prepared(plan.folder))
    assert time.process_time() - before < 1
