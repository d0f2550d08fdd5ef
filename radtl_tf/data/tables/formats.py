"""Recognize the kind of a table from its first bytes; name the kind of other files in the error."""

from __future__ import annotations

import re

from radtl_tf.errors import DataError

SHEET, PARQUET, TEXT = "xlsx", "parquet", "text"
_ZIP = b"PK\x03\x04"
_CSV = "save the table as 'CSV UTF-8'"
_STARTS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"an Excel workbook of the old format (.xls), or an encrypted one: {_CSV}"),
    (b"\x1f\x8b", "a gzip archive: unpack it"),
    (b"BZh", "a bzip2 archive: unpack it"),
    (b"\xfd7zXZ\0", "an xz archive: unpack it"),
    (b"7z\xbc\xaf", "a 7-Zip archive: unpack it"),
    (b"Rar!", "a RAR archive: unpack it"),
    (b"%PDF", f"a PDF: {_CSV}"),
    (b"{\\rtf", f"a text document (RTF): {_CSV}"),
    (b"SQLite format 3", "an SQLite database: export the table as CSV"),
    (b"\x89HDF", "an HDF5 file: export the table as CSV"),
    (b"ARROW1", "a Feather file: export the table as CSV or parquet"),
    (b"$FL2", "an SPSS file: export the table as CSV"),
    (b"<stata_dta>", "a Stata file: export the table as CSV"),
    (b"version https://git-lfs", "a Git LFS pointer: download the file itself"),
    (b"\x89PNG", "an image; expected the table of the images"),
    (b"\xff\xd8\xff", "an image; expected the table of the images"),
)
_HTML = re.compile(rb"<(!doctype html|html|head|body|table|div|meta|script)\b", re.I)
_JSON = re.compile(rb"\{\s*[\"}]|\[\s*[\[{\"\]\d]")
_TOML = re.compile(rb"^\[[a-z_.]+\]\s*$", re.M)


def kind_of(data: bytes) -> str:
    """Return ``text``, ``xlsx`` or ``parquet``.

    Raises:
        DataError: the file is not a table; the message says what it is.
    """
    if data.startswith(_ZIP):
        return _zipped(data)
    if data.startswith(b"PAR1"):
        return PARQUET
    what = next((what for start, what in _STARTS if data.startswith(start)), "") or _marked_up(data[:4096])
    if data[128:132] == b"DICM":
        what = "a DICOM image; expected the table of the images"
    if what:
        raise DataError(f"the file is {what}.")
    return TEXT


def _zipped(data: bytes) -> str:
    if b"xl/workbook" in data:
        return SHEET
    if b"application/vnd.oasis.opendocument.spreadsheet" in data[:200]:
        raise DataError(f"the file is an OpenDocument spreadsheet: {_CSV}.")
    raise DataError("the file is a zip archive: unpack it.")


def _marked_up(head: bytes) -> str:
    """Return the kind of a text that is not a table, else an empty string."""
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _HTML.match(head):
        return f"a web page (HTML), perhaps an export or a failed download: {_CSV}"
    if head.startswith(b"<?xml"):
        return f"an XML file: {_CSV}"
    if head.startswith(b"<"):
        return f"a web page or another text with tags (HTML, XML): {_CSV}"
    if _TOML.search(head):
        return "a TOML file, such as an experiment file; expected the table of the images"
    if _JSON.match(head):
        return "JSON: write it as CSV with one row per image"
    return ""
