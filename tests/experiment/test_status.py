"""Counting finished runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.experiment.status import read_status


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
