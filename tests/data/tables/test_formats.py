from __future__ import annotations

import io
import zipfile

import pytest

from radtl_tf.data.tables.formats import kind_of
from radtl_tf.errors import DataError


def _zipped(name: str, content: str = "") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"path,label\n", "text"),
        (b"", "text"),
        (b"[Path],[Label]\n", "text"),
        (b"PAR1", "parquet"),
        (_zipped("xl/workbook.xml"), "xlsx"),
    ],
)
def test_a_table_is_told_by_its_content(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\xef\xbb\xbf\n<!DOCTYPE html><html>", "HTML"),
        (b"<table><tr>", "HTML"),
        (b'<?xml version="1.0"?>', "XML"),
        (b'[\n {"path": 1}]', "JSON"),
        (b'{"a": 1}', "JSON"),
        (b'name = "x"\n[task]\n', "TOML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (b"\x1f\x8b\x08", "gzip"),
        (_zipped("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
        (_zipped("a.csv"), "zip"),
        (bytes(128) + b"DICM", "DICOM"),
        (b"\x89PNG\r\n", "image"),
        (b"%PDF-1.4", "PDF"),
    ],
)
def test_another_file_is_named_for_what_it_is(data: bytes, word: str) -> None:
    with pytest.raises(DataError, match=word):
        kind_of(data)
