"""Divide the text of a table into cells: find its delimiter, read quotation marks, skip lines that are not rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from radtl_tf.data.tables.repairs import Repair, at_lines, counted
from radtl_tf.errors import DataError

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SEPARATOR_LINE = re.compile(r"sep=(.)?\s*", re.I)
_COMMENT = "#"


@dataclass(frozen=True)
class Cells:
    """A table as it is written: the header, the rows, the line on which each row begins, and what was repaired.

    ``header_line`` is the line of the header.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    repairs: tuple[Repair, ...] = ()
    header_line: int = 1


def cells_of(text: str) -> Cells:
    """Return the cells of a table; the delimiter is the most frequent one in the header, or the one after ``sep=``.

    Raises:
        DataError: the quotation marks or the numbers of cells are inconsistent, or there is no row.
    """
    first, delimiter, repairs = _preamble(text)
    try:
        records = list(_records(text, first, delimiter))
        _refuse_swallowed(records, delimiter)
    except (csv.Error, _SwallowedError):
        records, literal = _line_by_line(text, first, delimiter)
        message = (
            f"{counted(len(literal), 'cell')} with an unclosed quotation mark "
            f"({at_lines(literal)}), read as part of the text."
        )
        repairs = [*repairs, Repair("quotation-marks", message, tuple((line, "") for line in literal))]
    if not records:
        raise DataError("the file is empty; expected a header with the column 'path', and a row per image.")
    (line, header, _), *body = records
    return replace(_even(header, [(line, row) for line, row, _ in body], repairs), header_line=line)


def _preamble(text: str) -> tuple[int, str, list[Repair]]:
    """Return the number of lines before the header, the delimiter, and the repairs."""
    said, comments, named = [], [], None
    for number, line in enumerate(_lines(text), start=1):
        match = _SEPARATOR_LINE.fullmatch(line.strip("\r\n ").strip('"'))
        if match and number == 1:
            named = match[1] or "\t"
            said.append(Repair("sep-line", f"Line 1 names the separator ({_NAMES.get(named, named)})."))
        elif line.lstrip('"').startswith(_COMMENT):
            comments.append((number, line))
        elif line.strip():
            delimiter = named or _most_frequent(line)
            if comments and 0 < line.count(delimiter) == comments[-1][1].count(delimiter):
                number, _ = comments.pop()  # the header, whose first column is '#'
            said += [_comments([one for one, _ in comments])] if comments else []
            return number - 1, delimiter, said
    return 0, ",", []


def _lines(text: str) -> Iterator[str]:
    return iter(io.StringIO(text, newline=""))


def _comments(lines: list[int]) -> Repair:
    message = f"{counted(len(lines), 'comment line')} left out ({at_lines(lines)})."
    return Repair("comments", message, tuple((line, "") for line in lines))


def _most_frequent(header: str) -> str:
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=bare.count)


Record = tuple[int, list[str], int]  # the line on which it begins, its cells, how many lines it takes


def _records(text: str, skip: int, delimiter: str) -> Iterator[Record]:
    """Yield the records of a text whose first ``skip`` lines are not part of the table.

    Raises:
        csv.Error: a quotation mark is not closed, or a cell is too large.
    """
    stream = io.StringIO(text, newline="")
    for _ in range(skip):
        stream.readline()
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    line = 1
    for row in reader:
        if row:
            yield skip + line, row, reader.line_num + 1 - line
        line = reader.line_num + 1


class _SwallowedError(Exception):
    """A cell that seems to contain whole rows."""


def _refuse_swallowed(records: list[Record], delimiter: str) -> None:
    """Refuse a record of several lines that look like rows: its quotation mark is part of the text."""
    num = len(records[0][1]) if records else 0
    for _, row, height in records:
        if height < 2 or num < 2:
            continue
        lines = [cell for cell in row if "\n" in cell or "\r" in cell]
        inner = [part for cell in lines for part in re.split(r"\r\n|\r|\n", cell)[1:-1]]
        ends = [re.split(r"\r\n|\r|\n", cell)[-1] for cell in lines]
        if any(part.count(delimiter) == num - 1 for part in (*inner, *ends)):
            raise _SwallowedError


def _line_by_line(text: str, skip: int, delimiter: str) -> tuple[list[Record], list[int]]:
    """Return one record per line, and the lines whose quotation marks are part of the text.

    Raises:
        DataError: a line is not a row, with or without quotation.
    """
    records: list[Record] = []
    literal, num = [], 0
    for line, content in enumerate(_lines(text), start=1):
        if line <= skip or not content.strip():
            continue
        row = _one_row(content, delimiter, csv.QUOTE_MINIMAL)
        if row is None or (num and len(row) != num):
            row = _one_row(content, delimiter, csv.QUOTE_NONE)
            literal.append(line)
        if row is None or (num and len(row) != num):
            raise DataError(f"line {line} cannot be read as CSV: check its quotation marks.")
        num = num or len(row)
        records.append((line, row, 1))
    return records, literal


def _one_row(content: str, delimiter: str, quoting: Literal[0, 3]) -> list[str] | None:
    try:
        return next(csv.reader([content], delimiter=delimiter, quoting=quoting, strict=True))
    except csv.Error:
        return None


def _even(header: list[str], body: list[tuple[int, list[str]]], repairs: list[Repair]) -> Cells:
    """Return rows as long as the header, without comments; additional cells must be empty.

    Raises:
        DataError: a row has too few or too many cells, or there is no row.
    """
    num = len(header)
    comments = [line for line, row in body if len(row) < num and row[0].lstrip().startswith(_COMMENT)]
    if comments:
        repairs = [*repairs, _comments(comments)]
        gone = set(comments)
        body = [(line, row) for line, row in body if line not in gone]
    ragged = [(line, row) for line, row in body if len(row) < num or any(map(str.strip, row[num:]))]
    if ragged:
        line, row = ragged[0]
        rows = counted(len(ragged), "row")
        raise DataError(
            f"line {line} has {len(row)} cells; the header has {num}. Correct the line ({rows} with this fault)."
        )
    if not body:
        raise DataError("the table has a header but no rows; expected one row per image.")
    return Cells(header, [row[:num] for _, row in body], [line for line, _ in body], tuple(repairs))
