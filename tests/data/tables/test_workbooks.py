from __future__ import annotations

import builtins
import io
import zipfile
from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from radtl_tf.data.tables.workbooks import frame_cells, parquet_cells, sheet_cells
from radtl_tf.errors import DataError


def _book(*rows: list[Any], sheets: int = 1) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book, data = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for _ in range(sheets - 1):
        book.create_sheet()
    book.save(data)
    return data.getvalue()


def test_a_sheet_is_read_as_a_spreadsheet_writes_it() -> None:
    values = ["a.png", 17, 17.0, 0.5, True, date(2020, 2, 3), datetime(2020, 2, 3, 4, 5), None, "001", 123456789012]
    cells = sheet_cells(_book([f"c{number}" for number in range(10)], [], values))
    assert cells.rows == [
        ["a.png", "17", "17", "0.5", "TRUE", "2020-02-03", "2020-02-03 04:05:00", "", "001", "123456789012"]
    ]
    assert cells.lines == [3] and cells.repairs == ()


def test_other_sheets_are_told() -> None:
    assert [repair.kind for repair in sheet_cells(_book(["path"], ["a"], sheets=2)).repairs] == ["sheets"]


def test_a_workbook_that_is_no_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = io.BytesIO()
    with zipfile.ZipFile(damaged, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    for data in (damaged.getvalue(), _book(), _book(["path"]), _book(["path"] * 2001, ["a"])):
        with pytest.raises(DataError):
            sheet_cells(data)
    sound = _book(["path"], ["a"])
    monkeypatch.setattr("radtl_tf.data.tables.workbooks._MAX_UNPACKED", 100)
    with pytest.raises(DataError, match="GiB"):
        sheet_cells(sound)


def test_a_parquet_file_is_read_as_text() -> None:
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"path": ["a", "b"], "id": ["001", None], "n": [1, 2], "list": [[1], [2]]})
    cells = parquet_cells(frame.to_parquet())
    assert (cells.header, cells.rows, cells.lines) == (["path", "id", "n"], [["a", "001", "1"], ["b", "", "2"]], [1, 2])
    assert [repair.kind for repair in cells.repairs] == ["columns"]
    with pytest.raises(DataError):
        parquet_cells(b"PAR1 and no more")


@pytest.mark.parametrize(("read", "extra"), [(sheet_cells, "excel"), (parquet_cells, "parquet")])
def test_without_its_package_the_extra_is_named(read: Any, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, *_: Any) -> None:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", refuse)
    with pytest.raises(DataError, match=rf"radtl_tf\[{extra}\]"):
        read(b"")
    assert builtins.__import__ is not refuse


def test_a_frame_has_the_cells_of_its_csv_file() -> None:
    frame = pd.DataFrame({"file": ["a", "b"], "n": [1.5, None], "seen": [True, False]})
    cells = frame_cells(frame)
    assert (cells.rows, cells.lines) == ([["a", "1.5", "True"], ["b", "", "False"]], [0, 1])
    levels = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_product([["a"], ["b", "c"]]))
    for none in (pd.DataFrame(), frame.iloc[:0], levels):
        with pytest.raises(DataError):
            frame_cells(none)
