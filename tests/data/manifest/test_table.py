from __future__ import annotations

import codecs

import pytest

from radtl_tf.data.manifest.table import check_header, counted, parse, text_of
from radtl_tf.errors import DataError


def test_spreadsheets_encodings_are_read() -> None:
    for encoded in ("ä;b".encode(), "ä;b".encode("latin-1"), codecs.BOM_UTF16_LE + "ä;b".encode("utf-16-le")):
        assert text_of(encoded) == "ä;b"
    with pytest.raises(DataError):
        text_of(b"a\0b")


def test_rows_know_their_line() -> None:
    assert parse('path,label\n"a\nb",x\n\nc,y\n') == (["path", "label"], [["a\nb", "x"], ["c", "y"]], [2, 5])


def test_a_delimiter_that_is_given_is_not_guessed() -> None:
    assert parse("a;b;c,path\n1,2\n", ",")[0] == ["a;b;c", "path"]
    assert parse("a;b;c,path\n1;2;3,4\n")[0] == ["a", "b", "c,path"]


@pytest.mark.parametrize("text", ["", "path\n", "path,label\na\n", 'path\n"a\n'])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        parse(text)


@pytest.mark.parametrize("header", [["path", ""], ["path", "path"], ["file"]])
def test_a_header_names_each_column_once(header: list[str]) -> None:
    with pytest.raises(DataError):
        check_header(header, "path")


def test_counts_are_words() -> None:
    assert (counted([0]), counted([0, 1])) == ("1 row", "2 rows")
