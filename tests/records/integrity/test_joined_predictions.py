from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from radtl_tf.errors import DataError
from radtl_tf.records.experiment_facts import ExperimentFacts, read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.joined_predictions import refuse_changed, restore


@pytest.fixture
def folder(finished_once: Path, tmp_path: Path) -> OutputFolder:
    ignored = shutil.ignore_patterns("data", "features", "tensorboard", "weights.h5")
    shutil.copytree(finished_once / "out", tmp_path / "out", ignore=ignored)
    return OutputFolder(tmp_path / "out")


@pytest.fixture
def facts(folder: OutputFolder) -> ExperimentFacts:
    return read_facts(folder.experiment)


def test_what_the_engine_wrote_is_what_the_runs_hold(folder: OutputFolder, facts: ExperimentFacts) -> None:
    before = folder.predictions.stat().st_mtime_ns
    refuse_changed(folder, facts)
    restore(folder, facts)
    assert folder.predictions.stat().st_mtime_ns == before


def test_an_edited_score_is_refused_and_restored(
    folder: OutputFolder, facts: ExperimentFacts, caplog: pytest.LogCaptureFixture
) -> None:
    before = folder.predictions.read_text()
    lines = before.splitlines(keepends=True)
    cells = lines[1].split(",")
    cells[7] = "0.123"
    folder.predictions.write_text("".join([lines[0], ",".join(cells), *lines[2:]]))
    with pytest.raises(DataError, match="radtl report"):
        refuse_changed(folder, facts)
    restore(folder, facts)
    assert folder.predictions.read_text() == before
    assert len(caplog.records) == 1


def test_without_the_predictions_of_every_run_nothing_can_be_compared(
    folder: OutputFolder, facts: ExperimentFacts
) -> None:
    folder.finished()[0].predictions.unlink()
    folder.predictions.write_text("edited")
    refuse_changed(folder, facts)
