"""Read a table from any program as text in its normal form, and record every repair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from radtl_tf.data.decoding.images import read_file
from radtl_tf.data.tables.clean import cleaned, normal_cells, normal_header
from radtl_tf.data.tables.delimited import Cells, cells_of
from radtl_tf.data.tables.encodings import decoded
from radtl_tf.data.tables.formats import PARQUET, SHEET, TEXT, kind_of
from radtl_tf.data.tables.headerless import with_header
from radtl_tf.data.tables.repairs import Repair
from radtl_tf.data.tables.workbooks import frame_cells, parquet_cells, sheet_cells
from radtl_tf.errors import DataError


@dataclass(frozen=True)
class Table:
    """A table as text.

    ``header`` names its columns; ``rows`` are the cells as they are written, ``lines`` the line on which each row
    begins; ``repairs`` is what was left out or changed. ``encoding`` is the encoding of a text file if it was found by
    trying, else ``None``.
    """

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    repairs: tuple[Repair, ...] = ()
    encoding: str | None = None

    def normal(self, kept: str) -> Table:
        """Return the table with its cells in their normal form, except the column ``kept``, and with the repairs."""
        rows, repairs = normal_cells(self._cells, (kept,))
        return replace(self, rows=rows, repairs=(*self.repairs, *repairs))

    @property
    def _cells(self) -> Cells:
        return Cells(self.header, self.rows, self.lines)


def read_table(path: Path, encoding: str | None = None) -> Table:
    """Read a table: text with commas, semicolons, tabs or bars, an Excel workbook, or a parquet file.

    ``encoding`` is for text files; by default it is found.

    Raises:
        DataError: the file is not a table, its encoding is unknown or ambiguous, or it has no row.
    """
    data = read_file(path)
    kind = kind_of(data)
    if encoding is None:
        return _READERS[kind](data)
    if kind != TEXT:
        raise DataError(f"an encoding is only valid for a text file; this is {kind}. Remove it.")
    return _of_text(data, encoding)


def table_of(frame: pd.DataFrame) -> Table:
    """Return a DataFrame as the table that ``read_table`` reads from its CSV file; lines are positions, from 0.

    Raises:
        DataError: it has no column or no row, or several levels of column names.
    """
    return _of_cells(frame_cells(frame))


def _of_text(data: bytes, encoding: str | None = None) -> Table:
    found = decoded(data, encoding)
    table = _of_cells(with_header(cells_of(found.text)))
    if not found.detected:
        return table
    name = found.encoding
    repair = Repair("encoding", f"The encoding is {name}, found by trying. To be sure, set task.encoding = '{name}'.")
    return replace(table, repairs=(repair, *table.repairs), encoding=name)


def _of_cells(cells: Cells) -> Table:
    cells = cleaned(normal_header(cells))
    return Table(cells.header, cells.rows, cells.lines, cells.repairs)


_READERS: dict[str, Callable[[bytes], Table]] = {
    TEXT: _of_text,
    SHEET: lambda data: _of_cells(with_header(sheet_cells(data))),
    PARQUET: lambda data: _of_cells(parquet_cells(data)),
}
