"""The text of a table (CSV) as spreadsheets write it: encodings, delimiters, header and rows."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence

from radtl_tf.errors import DataError, nearest

Parsed = tuple[list[str], list[list[str]], list[int]]  # the header, the rows, the line on which each row begins

_DELIMITERS = (",", ";", "\t")
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def text_of(data: bytes) -> str:
    """Return the text of a file in one of the encodings that spreadsheets write.

    Raises:
        DataError: it is no text file.
    """
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return _decoded(data, encoding)
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise DataError(f"line {line} holds a NUL byte: no text file, or UTF-16 without a byte order mark.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(f"the file begins like {encoding} but is not: save it as UTF-8.") from error
    if "\0" in text:
        raise DataError(f"line {text[: text.index(chr(0))].count(chr(10)) + 1} holds a NUL character.")
    return text


def parse(text: str, delimiter: str | None = None) -> Parsed:
    """Return the parts of a table; without ``delimiter`` it is the one that the header has most of.

    Raises:
        DataError: the quotation marks or the numbers of cells do not fit, or there is no row.
    """
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = delimiter or max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            if row:
                found.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"line {line} cannot be read as CSV: check its quotation marks.") from error
    if not found:
        raise DataError("the file is empty; expected a header with the column 'path', and a row per image.")
    (_, header), *body = found
    ragged = [(line, row) for line, row in body if len(row) != len(header)]
    if ragged:
        line, row = ragged[0]
        raise DataError(f"line {line} has {len(row)} cells where the header has {len(header)} ({counted(ragged)} so).")
    if not body:
        raise DataError("the table has a header and no row.")
    return header, [row for _, row in body], [line for line, _ in body]


def check_header(header: list[str], path_column: str) -> None:
    """Refuse a header with a name missing or twice, or without ``path_column``.

    Raises:
        DataError: saying which.
    """
    if "" in (name.strip() for name in header):
        raise DataError("a column has no name in the header.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(f"the header names a column twice: {', '.join(twice)}.")
    if path_column not in header:
        hint = nearest(path_column, header)
        raise DataError(f"the header has no column {path_column!r}{hint}; it has: {', '.join(header)}.")


def counted(rows: Sequence[object]) -> str:
    """Return how many rows these are, for a message."""
    return f"{len(rows)} row{'s' if len(rows) > 1 else ''}"
