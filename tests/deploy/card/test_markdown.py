"""Texts of a user stay texts in Markdown."""

from __future__ import annotations

from radtl_tf.deploy.card.markdown import plain, table


def test_nothing_in_a_text_is_interpreted() -> None:
    assert plain("a|b\n# <script>") == "a\\|b \\# \\<script\\>"
    assert plain("_mine_ & *yours* `x` [l](u)") == "\\_mine\\_ &amp; \\*yours\\* \\`x\\` \\[l\\](u)"
    assert plain(3) == "3"


def test_a_table_has_a_line_per_row() -> None:
    assert list(table(("A", "B"), [(1, "x")])) == ["| A | B |", "|---|---|", "| 1 | x |"]
