"""Removing what killed processes have left."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.records.disk import temporary_name
from radtl_tf.records.safety.leftovers import STALE, scratch_folder, sweep
from radtl_tf.records.safety.processes import this_place

DEAD = 2**22 + 1  # above the largest number of a process on Linux


def part(folder: Path, place: str, process: int, age: float = 0) -> Path:
    path = folder / f".predictions.csv.{place}.{process}.0123abcd.part"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("half")
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_files_of_dead_processes_go_wherever_they_are(tmp_path: Path) -> None:
    dead = part(tmp_path / "runs" / "a", this_place(), DEAD)
    folder = tmp_path / f".0-0.{this_place()}.{DEAD}.0123abcd.part"
    folder.mkdir()
    (folder / "run.json").write_text("{}")
    kept = tmp_path / "predictions.csv"
    kept.write_text("whole")
    sweep(tmp_path)
    assert not dead.exists() and not folder.exists() and kept.exists()


def test_files_that_are_being_written_stay(tmp_path: Path) -> None:
    own = temporary_name(tmp_path / "estimates.csv")
    own.write_text("half")
    elsewhere = part(tmp_path, "other-host", DEAD, age=STALE - 60)
    sweep(tmp_path)
    assert own.exists() and elsewhere.exists()


def test_files_of_another_host_go_when_nothing_touches_them(tmp_path: Path) -> None:
    old, earlier = part(tmp_path, "other-host", 1, age=STALE + 60), tmp_path / ".experiment.json.77.part"
    earlier.write_text("half")  # the name of version 0.1
    os.utime(earlier, (0, 0))
    sweep(tmp_path)
    assert not old.exists() and not earlier.exists()


def test_a_scratch_folder_goes_with_its_block_and_those_of_the_dead_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = tmp_path / f"radtl-{this_place()}.{DEAD}.abc"
    dead.mkdir()
    with scratch_folder() as scratch:
        (scratch / "file").write_text("")
        assert list(tmp_path.iterdir()) == [scratch]
    assert list(tmp_path.iterdir()) == []


def test_no_place_for_temporary_files_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/no/such/folder")
    with pytest.raises(OutputError, match="TMPDIR"), scratch_folder():
        pass
