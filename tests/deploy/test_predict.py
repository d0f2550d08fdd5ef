"""Scoring new files: one bad file costs that file."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.deploy.predict import load_model, predict
from radtl_tf.deploy.saved_model import export
from radtl_tf.errors import OutputError
from radtl_tf.records.folder import OutputFolder


def test_a_bad_file_costs_that_file(finished: OutputFolder, tmp_path: Path) -> None:
    export(finished, None, tmp_path / "model", weights_folder=tmp_path)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n")
    files = [tmp_path / "images" / "000.png", bad, tmp_path / "images" / "001.png"]
    scores = list(predict(load_model(tmp_path / "model"), files))
    assert [score.path for score in scores] == files
    assert [score.score is None for score in scores] == [False, True, False]
    assert scores[1].error and "\n" not in scores[1].error


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds no model exported by radtl"):
        load_model(tmp_path)
