from __future__ import annotations

import pytest

from radtl_tf.data.tables.clean import cleaned, normal_cells, normal_header
from radtl_tf.data.tables.delimited import Cells
from radtl_tf.errors import DataError


def _cells(header: list[str], *rows: list[str]) -> Cells:
    return Cells(header, list(rows), list(range(2, 2 + len(rows))))


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (["", "path"], [["0", "a"], ["1", "b"]]),
        (["Unnamed: 0", "path"], [["7", "a"], ["8", "b"]]),
        (["path", " "], [["a", ""], ["b", " "]]),
        (["path", ""], [["a", "a note"], ["b", ""]]),
    ],
)
def test_columns_without_a_name_are_left_out_and_told(header: list[str], rows: list[list[str]]) -> None:
    cells = cleaned(_cells(header, *rows))
    assert (cells.header, cells.rows) == (["path"], [["a"], ["b"]])
    assert [repair.kind for repair in cells.repairs] == ["columns"]


def test_empty_rows_and_last_rows_with_totals_are_left_out_with_their_lines() -> None:
    rows = [["a.png", "1"], ["", " "], ["b.png", "total"], ["Total:", "2"], ["合計", ""], ["", ""]]
    cells = cleaned(_cells(["path", "n"], *rows))
    assert (cells.rows, cells.lines) == ([["a.png", "1"], ["b.png", "total"]], [2, 4])
    assert [(repair.kind, repair.lines) for repair in cells.repairs] == [("empty-rows", (3, 7)), ("total-rows", (5, 6))]
    kept = [["total", "a/b.png"], ["sum", "sick"]]
    assert cleaned(_cells(["label", "path"], *kept)).rows == kept


@pytest.mark.parametrize("rows", [[["", ""]], [["Total", "3"]]])
def test_a_table_without_a_row_is_refused(rows: list[list[str]]) -> None:
    with pytest.raises(DataError):
        cleaned(_cells(["path", "n"], *rows))


def test_cells_become_normal_except_those_that_are_kept() -> None:
    cells = _cells(["path", "id"], [" a ", "\uff11"], ["b", " 2"], ["c", " \uff13"])
    rows, repairs = normal_cells(cells, ("path",))
    assert rows == [[" a ", "1"], ["b", "2"], ["c", "3"]]
    assert [repair.lines for repair in repairs] == [(2, 4), (3, 4)]
    assert repairs[0].places == ((2, "id"), (4, "id"))


def test_the_names_of_columns_become_normal() -> None:
    cells = normal_header(_cells(["path\u200b", "\uff4c"], ["a", "b"]))
    assert cells.header == ["path", "l"]
    assert [repair.kind for repair in cells.repairs] == ["header"]
    assert normal_header(_cells(["path"], ["a"])).repairs == ()
