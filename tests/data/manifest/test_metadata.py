"""Columns of metadata: by their own names, or as the task declares them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from radtl_tf.data.manifest.metadata import kept, metadata_cells
from radtl_tf.data.manifest.reader import manifest_from
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

FRAME = pd.DataFrame({"path": ["a", "b"], "Patient Age": ["045Y", "97"], "SEX": ["1", "2"], "age": ["1", "2"]})


@pytest.mark.parametrize(
    ("task", "ages", "sexes"),
    [
        (None, ["1", "2"], ["", ""]),
        (Task(positive="x", columns={"age": "Patient Age"}), ["45", "90"], ["", ""]),
        (Task(positive="x", sex_codes={"1": "M", "2": "F"}), ["1", "2"], ["M", "F"]),
    ],
)
def test_columns_have_their_own_names_or_are_declared(
    task: Task | None, ages: list[str], sexes: list[str], tmp_path: Path
) -> None:
    rows = [kept(cells) for cells in metadata_cells(manifest_from(FRAME, tmp_path), task)]
    assert [row["age"] for row in rows] == ages
    assert [row["sex"] for row in rows] == sexes


def test_a_declared_column_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'Age'"):
        metadata_cells(manifest_from(FRAME, tmp_path), Task(positive="x", columns={"age": "Age"}))


def test_without_metadata_every_row_has_none(tmp_path: Path) -> None:
    assert metadata_cells(manifest_from(FRAME[["path"]], tmp_path), None) == [{}, {}]
