from __future__ import annotations

import pytest

from radtl_tf.data.manifest.table import counted, found_path_column
from radtl_tf.errors import DataError


@pytest.mark.parametrize(
    ("header", "name", "column"),
    [
        (["path", "Path"], None, "path"),
        (["id", "Path"], None, "Path"),
        (["path", "file"], "file", "file"),
        (["path", "Sex/Gender"], None, "path"),
    ],
)
def test_the_column_of_the_paths_is_found(header: list[str], name: str | None, column: str) -> None:
    assert found_path_column(header, name) == column


@pytest.mark.parametrize(
    ("header", "name"),
    [(["path", "path"], None), (["file"], None), (["Path", "PATH"], None), (["Path"], "path"), (["path"], "file")],
)
def test_a_header_without_it_is_refused(header: list[str], name: str | None) -> None:
    with pytest.raises(DataError):
        found_path_column(header, name)


@pytest.mark.parametrize("first", [["ZZCANARY.png", "1"], ["a/ZZCANARY/", "1"], ["ZZCANARY", "1899-04-17"]])
def test_a_first_row_is_no_header_and_is_not_shown(first: list[str]) -> None:
    with pytest.raises(DataError, match="header") as caught:
        found_path_column(first, None)
    assert "ZZCANARY" not in str(caught.value)


def test_counts_are_words() -> None:
    assert (counted([0]), counted([0, 1])) == ("1 row", "2 rows")
