"""The folders of a version: new ones only, written all or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.deploy.formats.table import FORMATS
from radtl_tf.deploy.version_folders import all_or_nothing, new_folders
from radtl_tf.errors import OutputError

TWO = [FORMATS["saved_model"], FORMATS["onnx"]]


def test_each_format_has_its_folder(tmp_path: Path) -> None:
    places = new_folders(tmp_path, 2, TWO)
    assert list(places.values()) == [tmp_path / "2", tmp_path / "onnx" / "2"]


def test_a_version_that_exists_is_refused(tmp_path: Path) -> None:
    (tmp_path / "onnx" / "2").mkdir(parents=True)
    new_folders(tmp_path, 1, TWO)
    with pytest.raises(OutputError, match="exists"):
        new_folders(tmp_path, 2, TWO)


def test_all_are_written(tmp_path: Path) -> None:
    with all_or_nothing(new_folders(tmp_path / "model", 1, TWO)) as written:
        for place in written.values():
            (place / "file").touch()
    assert (tmp_path / "model" / "1" / "file").is_file()
    assert (tmp_path / "model" / "onnx" / "1" / "file").is_file()


def test_after_an_error_nothing_is_left_but_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(ValueError, match="stop"), all_or_nothing(new_folders(tmp_path / "model", 1, TWO)) as written:
        (written[TWO[0]] / "file").touch()
        raise ValueError("stop")
    assert list((tmp_path / "model").iterdir()) == []
