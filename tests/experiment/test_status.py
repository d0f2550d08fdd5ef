"""Counting finished runs."""

from __future__ import annotations

import dataclasses
import os
import shutil
from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.status import read_status
from radtl_tf.experiment.units.preparation import prepare_units
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.safety.failures import record_failures
from radtl_tf.records.safety.lock import working, writing


def test_only_finished_runs_count(finished_once: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished_once / "out", out)
    whole = read_status(out)
    assert whole.done == whole.runs == whole.runs_each * len(whole.scenarios)
    next(out.glob("runs/*/*/DONE.json")).unlink()
    assert read_status(out).done == whole.runs - 1
    assert read_status(out).as_dict()["runs"] == whole.runs


def test_a_folder_without_an_experiment(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        read_status(tmp_path)


def test_failures_the_writer_and_the_size_are_told(finished_once: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished_once / "out", out, ignore=shutil.ignore_patterns("data", "features"))
    done, lost = sorted(path.parent for path in out.glob("runs/*/*/DONE.json"))[:2]
    shutil.rmtree(lost)
    names = [f"{run.parent.name}/{run.name}" for run in (done, lost)]
    record_failures(out, "unit", names, "killed by signal 9", call="")
    with writing(out):
        found = read_status(out)
    assert list(found.failed) == names[1:] and found.left == 1
    assert found.writer and found.writer.process == os.getpid()
    assert found.num_bytes > 10_000
    told = found.as_dict()
    assert told["failed"][names[1]]["reason"] == "killed by signal 9"
    assert told["writer"]["process"] == os.getpid() and told["first_finished"] <= told["last_finished"]
    assert read_status(out).as_dict()["writer"] is None


def test_units_and_their_workers_are_told(finished_plan: Plan, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished_plan.folder.root, out, ignore=shutil.ignore_patterns("features", "radiographs"))
    assert read_status(out).units == ()
    prepare_units(dataclasses.replace(finished_plan, folder=OutputFolder(out)), timed=False)
    next(out.glob("runs/Tiny-random-*/*/DONE.json")).unlink()
    with working(out, "Tiny-random-tf-0"):
        found = read_status(out)
    assert [(unit.name, unit.done, unit.runs) for unit in found.units] == [
        ("Tiny-mine-tf-0", 12, 12),
        ("Tiny-random-tf-0", 11, 12),
    ]
    assert {name: worker.process for name, worker in found.workers.items()} == {"Tiny-random-tf-0": os.getpid()}
    told = found.as_dict()["units"]
    assert told[0]["worker"] is None and told[1]["worker"]["process"] == os.getpid()
