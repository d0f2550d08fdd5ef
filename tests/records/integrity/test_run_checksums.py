from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.records.disk import write_json
from radtl_tf.records.folder import OutputFolder, RunFolder
from radtl_tf.records.integrity.run_checksums import (
    SMALL,
    damaged_files,
    marker_of,
    refuse_damaged,
    refuse_damaged_runs,
)
from radtl_tf.records.runs import Run, Scenario, Setting

RUN = Run(Scenario(Setting("Tiny", "mine", "tf", "frozen"), 0.1), 0, 0)
NAMES = ("run.json", "history.csv", "predictions.csv", "weights.h5")


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    output = OutputFolder(tmp_path)
    with output.finishing(RUN, experiment="e") as place:
        for name in NAMES:
            (place / name).write_text(f"content of {name}")
    return output


@pytest.fixture
def run(folder: OutputFolder) -> RunFolder:
    return folder.files(RUN)


def test_a_finished_run_is_intact(folder: OutputFolder, run: RunFolder) -> None:
    assert damaged_files(run) == []
    refuse_damaged_runs(folder)
    assert (marker_of(run) or {})["experiment"] == "e"


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_or_lost_file_is_named(run: RunFolder, name: str) -> None:
    (run.root / name).write_text("other")
    assert damaged_files(run) == [name]
    (run.root / name).unlink()
    assert damaged_files(run) == [name]


def test_an_evaluation_does_not_read_the_weights(folder: OutputFolder, run: RunFolder) -> None:
    run.weights.write_text("other")
    refuse_damaged_runs(folder)
    run.history.write_text("other")
    with pytest.raises(OutputError, match=r"history\.csv"):
        refuse_damaged(run, SMALL)


@pytest.mark.parametrize("content", ["", "{}", '{"run": "a", "files": {}}', '{"run": "a", "checksum": "0"}'])
def test_a_damaged_marker_is_named(run: RunFolder, content: str) -> None:
    run.marker.write_text(content)
    assert damaged_files(run) == ["DONE.json"]


def test_a_run_of_an_earlier_version_has_no_checksums(run: RunFolder) -> None:
    write_json(run.marker, {"run": RUN.name})
    run.weights.write_text("other")
    assert damaged_files(run) == []
