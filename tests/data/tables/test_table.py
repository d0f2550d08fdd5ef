from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from radtl_tf.data.tables.table import read_table, table_of
from radtl_tf.errors import DataError


def _written(folder: Path, data: bytes) -> Path:
    path = folder / "table"
    path.write_bytes(data)
    return path


def test_a_table_tells_all_that_was_repaired(tmp_path: Path) -> None:
    text = "sep=;\r\n;path ;label\r\n0; a.png;なし \r\n1;b.png;あり\r\n;;\r\n"
    table = read_table(_written(tmp_path, text.encode("cp932")))
    assert (table.header, table.lines, table.encoding) == (["path", "label"], [3, 4], "cp932")
    assert table.rows == [[" a.png", "なし "], ["b.png", "あり"]]
    normal = table.normal("path")
    assert normal.rows == [[" a.png", "なし"], ["b.png", "あり"]]
    kinds = [repair.kind for repair in normal.repairs]
    assert kinds[:5] == ["encoding", "sep-line", "header", "empty-rows", "columns"] and len(kinds) == 6


def test_an_encoding_may_be_given_for_text_only(tmp_path: Path) -> None:
    path = _written(tmp_path, "path\nﾅｼ\n".encode("cp932"))
    assert read_table(path, "cp932").rows == [["ﾅｼ"]]
    with pytest.raises(DataError):
        read_table(_written(tmp_path, b"PAR1"), "cp932")


def test_a_workbook_and_a_frame_take_the_same_path(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    frame, data = pd.DataFrame({"path": ["a.png", "b.png"], "id": ["1", " 2"], "Unnamed: 2": [0, 1]}), io.BytesIO()
    frame.to_excel(data, index=False)
    of_file, of_frame = read_table(_written(tmp_path, data.getvalue())), table_of(frame)
    assert of_file.rows == of_frame.rows == [["a.png", "1"], ["b.png", " 2"]]
    assert of_file.header == of_frame.header == ["path", "id"]
