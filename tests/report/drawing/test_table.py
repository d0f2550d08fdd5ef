from __future__ import annotations

from radtl_tf.report.drawing.table import Table, plain, render_markdown, render_text


def table(*rows: tuple[str, ...]) -> Table:
    return Table("k", "Title", "A caption.", ("Name", "Value"), rows)


def test_text_is_aligned_and_numbers_are_flush_right() -> None:
    text = render_text(table(("a", "0.5"), ("longer", "12.25")))
    assert text == "Title\nName    Value\n------  -----\na         0.5\nlonger  12.25\n"


def test_numeric_columns_are_known_by_their_cells() -> None:
    assert table(("a", "+0.5"), ("b", "< 0.001"), ("c", "-"), ("d", "")).numeric == (False, True)
    assert table(("1", "0.5 to 0.7"), ("2", "caffe")).numeric == (True, False)
    assert table().numeric == (False, False)


def test_no_cell_can_steer_a_terminal() -> None:
    text = render_text(table(("\x1b[31mred\x07\nnext", "1")))
    assert text.count("\n") == 4
    assert text.replace("\n", "").isprintable()


def test_markdown_is_a_table_that_a_cell_cannot_leave() -> None:
    text = render_markdown(table(("a|b\nc", "1"), ("<script>", "2"), ("[x](y)", "3")))
    lines = text.splitlines()
    assert lines[:4] == ["## Title", "", "A caption.", ""]
    assert lines[4:6] == ["| Name | Value |", "| --- | ---: |"]
    assert lines[6:] == [r"| a\|b c | 1 |", r"| \<script\> | 2 |", r"| \[x\](y) | 3 |"]


def test_plain_escapes_emphasis() -> None:
    assert plain("a_b*c`d") == r"a\_b\*c\`d"
