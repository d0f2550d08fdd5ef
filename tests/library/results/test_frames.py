"""Typed tables of an output folder, also of an earlier version."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from radtl_tf.errors import OutputError
from radtl_tf.library.results.frames import read_table
from radtl_tf.library.results.result import Result
from radtl_tf.records.runs import SETTING_COLUMNS


@pytest.fixture
def own(result: Result, tmp_path: Path) -> Path:
    """Return a copy of the output folder, without its images."""
    shutil.copytree(
        result.folder, tmp_path / "out", ignore=shutil.ignore_patterns("data", "features", "tensorboard", "weights.h5")
    )
    return tmp_path / "out"


def test_ids_stay_text_and_empty_numbers_are_nan(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("patient,weights,score,learning_rate\n001,NA,0.5,\n002,x,,selected\n")
    table = read_table(tmp_path / "t.csv", "learning_rate")
    assert table["patient"].tolist() == ["001", "002"] and table["weights"].tolist() == ["NA", "x"]
    assert table["learning_rate"].tolist() == ["", "selected"]
    assert table["score"].isna().tolist() == [False, True]


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00"])
def test_a_missing_or_damaged_table_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(OutputError):
        read_table(tmp_path / "t.csv")


def test_predictions_of_an_earlier_version_get_the_columns_of_their_settings(own: Path, result: Result) -> None:
    pd.read_csv(own / "predictions.csv", dtype=str).drop(columns=list(SETTING_COLUMNS), errors="ignore").to_csv(
        own / "predictions.csv", index=False
    )
    found = Result(own).frame("predictions")
    pd.testing.assert_frame_equal(found, result.frame("predictions"))
