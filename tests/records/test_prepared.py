"""The record of work units."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from radtl_tf.errors import ExperimentError, OutputError
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.prepared import (
    Prepared,
    WorkUnit,
    find_prepared,
    read_prepared,
    run_folder,
    unfinished,
    write_prepared,
)

UNITS = (WorkUnit(name="a-0", runs=("a/0-0", "a/0-1"), seconds=3.0), WorkUnit(name="b-0", runs=("b/0-0",), seconds=9.5))
PREPARED = Prepared(
    facts={"data": {"sha256": "x"}},
    arrays="y",
    images="z",
    weights=({"name": "mine", "file": None},),
    threads=2,
    versions={"keras": "3.15.1"},
    hardware={"cpu": "A", "gpus": []},
    units=UNITS,
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    assert find_prepared(folder) is None
    write_prepared(folder, PREPARED)
    assert read_prepared(folder) == PREPARED
    assert [unit.name for unit in PREPARED.longest_first] == ["b-0", "a-0"] and PREPARED.is_timed


def test_a_missing_damaged_or_newer_record_is_one_line(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    write_prepared(folder, PREPARED)
    text = folder.prepared.read_text()
    for changed in (None, text[:90], text.replace('"threads": 2', '"threads": 3'), json.dumps({"format": 2})):
        folder.prepared.unlink(missing_ok=True) if changed is None else folder.prepared.write_text(changed)
        assert find_prepared(folder) is None
        with pytest.raises(OutputError, match=r"PREPARED\.json"):
            read_prepared(folder)


def test_an_unknown_unit_is_named_with_the_nearest_one() -> None:
    assert PREPARED.unit("b-0") == UNITS[1]
    with pytest.raises(ExperimentError, match="'b-0'"):
        PREPARED.unit("b-1")


def test_unfinished_runs_of_a_unit(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    marker = run_folder(folder, "a/0-1").marker
    marker.parent.mkdir(parents=True)
    marker.write_text("{}")
    assert unfinished(folder, UNITS[0]) == ["a/0-0"]
