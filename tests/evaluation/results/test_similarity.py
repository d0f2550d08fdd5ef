"""Reading the table of similarities."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.results.similarity import COLUMNS, read_similarity
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.folder import OutputFolder

ROW = ("fine-tuning", "ResNet50", "caffe", "imagenet", "", "top10", "conv1_relu", 0.25, 0.5, 80)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    other = ("sources", "ResNet50", "caffe", "=mine", "random", "", "features", 1.0, math.nan, 80)
    OutputFolder(tmp_path).similarity.write_text(csv_text(COLUMNS, [ROW, other]))
    table = read_similarity(tmp_path)
    assert tuple(table.iloc[0]) == ROW
    assert table.loc[1, "weights"] == "=mine"
    assert math.isnan(table.loc[1, "cka"])


def test_no_file_is_no_row(tmp_path: Path) -> None:
    assert read_similarity(tmp_path).empty
    assert tuple(read_similarity(tmp_path).columns) == COLUMNS


@pytest.mark.parametrize("text", ["", "kind,cka\na,1\n", csv_text(COLUMNS, [(*ROW[:8], "much", 80)])])
def test_a_damaged_file_is_one_line(tmp_path: Path, text: str) -> None:
    OutputFolder(tmp_path).similarity.write_text(text)
    with pytest.raises(DataError, match=r"similarity\.csv") as caught:
        read_similarity(tmp_path)
    assert "\n" not in str(caught.value)
