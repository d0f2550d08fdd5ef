from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.folder_checksums import refuse_damaged_files, remember, state_of, write_unless_intact


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    return OutputFolder(tmp_path)


def write(folder: OutputFolder, text: str) -> None:
    write_unless_intact(folder, folder.baselines, lambda: folder.baselines.write_text(text) and None)


def test_an_intact_file_is_not_written_again(folder: OutputFolder) -> None:
    write(folder, "first")
    write(folder, "second")
    assert folder.baselines.read_text() == "first"
    refuse_damaged_files(folder)


def test_a_damaged_file_is_refused_and_written_again_with_one_line(
    folder: OutputFolder, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, "first")
    folder.baselines.write_text("other")
    with pytest.raises(OutputError, match=r"baselines\.csv"):
        refuse_damaged_files(folder)
    write(folder, "second")
    assert folder.baselines.read_text() == "second"
    assert len(caplog.records) == 1
    refuse_damaged_files(folder)


def test_a_file_without_a_checksum_is_unknown_and_written_again(folder: OutputFolder) -> None:
    folder.baselines.write_text("of an earlier version")
    assert state_of(folder, folder.baselines) == "unknown"
    refuse_damaged_files(folder)
    write(folder, "now")
    assert state_of(folder, folder.baselines) == "intact"


@pytest.mark.parametrize("text", ["", "{}x", '{"files": {"baselines.csv": "0"}, "checksum": "1"}'])
def test_damaged_checksums_are_refused_and_recorded_again(folder: OutputFolder, text: str) -> None:
    write(folder, "first")
    folder.checksums.write_text(text)
    with pytest.raises(OutputError, match=r"checksums\.json"):
        refuse_damaged_files(folder)
    write(folder, "second")
    refuse_damaged_files(folder)
    assert folder.baselines.read_text() == "second"


def test_a_removed_file_is_forgotten(folder: OutputFolder) -> None:
    write(folder, "first")
    folder.baselines.unlink()
    remember(folder, folder.baselines)
    assert state_of(folder, folder.baselines) == "unknown"


def test_an_evaluation_does_not_need_the_files_in_data(folder: OutputFolder) -> None:
    key = folder.data / "patient.key"
    key.parent.mkdir()
    key.write_bytes(b"1")
    remember(folder, key)
    key.write_bytes(b"22")
    assert state_of(folder, key) == "damaged"
    refuse_damaged_files(folder)
