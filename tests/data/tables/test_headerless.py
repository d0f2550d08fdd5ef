from __future__ import annotations

import pytest

from radtl_tf.data.tables.delimited import cells_of
from radtl_tf.data.tables.headerless import with_header


@pytest.mark.parametrize(
    ("text", "header", "first", "kinds"),
    [
        ("a/1.png\na/2.png\n", ["path"], ["a/1.png"], ["header"]),
        ("0,1.PNG,x\n1,2.jpg,y\n", ["column_1", "path", "column_3"], ["0", "1.PNG", "x"], ["header"]),
        ("a/b/,1\na/c/,0\n", ["path", "column_2"], ["a/b/", "1"], ["header"]),
        (
            "7 1.png  sick\n8  2.png well\n",
            ["column_1", "path", "column_3"],
            ["7", "1.png", "sick"],
            ["separator", "header"],
        ),
    ],
)
def test_a_first_line_that_is_a_row_gets_a_header(
    text: str, header: list[str], first: list[str], kinds: list[str]
) -> None:
    cells = with_header(cells_of("# a comment\n" + text))
    assert (cells.header, cells.rows[0], cells.lines) == (header, first, [2, 3])
    assert [repair.kind for repair in cells.repairs] == ["comments", *kinds]


@pytest.mark.parametrize(
    "text",
    [
        "path,label\n1.png,x\n",
        "1.png,x\nno image,y\n",
        "1 1.png x\n2 2.png x y\n",
        "a 1\nb 2\n",
    ],
)
def test_other_tables_stay_as_they_are(text: str) -> None:
    cells = cells_of(text)
    assert with_header(cells) is cells


def test_a_name_with_spaces_is_one_path() -> None:
    assert with_header(cells_of("image 1.png\nimage 2.png\n")).rows == [["image 1.png"], ["image 2.png"]]
