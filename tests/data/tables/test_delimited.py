from __future__ import annotations

import pytest

from radtl_tf.data.tables.delimited import cells_of
from radtl_tf.errors import DataError


def _kinds(text: str) -> list[str]:
    return [repair.kind for repair in cells_of(text).repairs]


def test_rows_know_their_line() -> None:
    cells = cells_of('path,label\n"a\nb",x\n\nc,y\n')
    assert (cells.header, cells.rows, cells.lines) == (["path", "label"], [["a\nb", "x"], ["c", "y"]], [2, 5])
    assert cells.repairs == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_delimiter_is_the_one_of_the_header(delimiter: str, end: str) -> None:
    text = end.join(delimiter.join(row) for row in (("path", "label"), ("a.png", "1,5|0 ")))
    if delimiter in ",|":
        text = text.replace("1,5|0 ", "1")
    assert cells_of(text + end).rows[0][0] == "a.png"


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_line_that_names_the_separator_is_no_header(first: str) -> None:
    cells = cells_of(f"{first}\r\npath,a;label\r\na.png;1\r\n")
    assert (cells.header, cells.lines) == (["path,a", "label"], [3])
    assert [repair.kind for repair in cells.repairs] == ["sep-line"]


def test_comments_are_left_out_and_told() -> None:
    cells = cells_of("# exported\n#\npath,label\na.png,1\n# end\n#b.png,0\n")
    assert cells.rows == [["a.png", "1"], ["#b.png", "0"]] and cells.lines == [4, 6]
    assert [repair.lines for repair in cells.repairs] == [(1, 2), (5,)]
    assert cells_of("#,path\n1,a.png\n").header == ["#", "path"]


@pytest.mark.parametrize(
    ("text", "rows", "lines"),
    [
        ('path,note\na.png,"5 inch film\nb.png,x\n', [["a.png", '"5 inch film'], ["b.png", "x"]], (2,)),
        (
            'path,note,n\na.png,"5 inch,1\nb.png,"7 inch,2\n',
            [["a.png", '"5 inch', "1"], ["b.png", '"7 inch', "2"]],
            (2, 3),
        ),
        (
            'path,note\na.png,"5 inch\nb.png,x\nc.png,12"\n',
            [["a.png", '"5 inch'], ["b.png", "x"], ["c.png", '12"']],
            (2,),
        ),
    ],
)
def test_a_mark_that_does_not_close_is_text_and_swallows_no_row(
    text: str, rows: list[list[str]], lines: tuple[int, ...]
) -> None:
    cells = cells_of(text)
    assert cells.rows == rows
    assert [(repair.kind, repair.lines) for repair in cells.repairs] == [("quotation-marks", lines)]


def test_further_cells_may_be_empty_only() -> None:
    assert cells_of("path,label\na.png,1,,\nb.png,0\n").rows == [["a.png", "1"], ["b.png", "0"]]
    assert _kinds("path,label\na.png,1,,\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "path\n",
        "path,label\na\n",
        "path,label\na,b,c\n",
        'path,label\n"a, b,"c\n',
        "path,label\na," + "x" * (1 << 18) + "\n",
    ],
)
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        cells_of(text)
