"""Read the cells of Excel workbooks and parquet files, each with an optional package."""

from __future__ import annotations

import csv
import importlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from radtl_tf.data.tables.delimited import Cells
from radtl_tf.data.tables.repairs import Repair, counted
from radtl_tf.errors import DataError

_MAX_UNPACKED = 1 << 30  # bytes
_MAX_ROWS, _MAX_COLUMNS = 1 << 22, 2000
_CSV = "save the table as 'CSV UTF-8'"


def sheet_cells(data: bytes) -> Cells:
    """Return the first visible sheet of an Excel workbook (.xlsx) as text, with the saved values of formulas.

    Raises:
        DataError: openpyxl is missing, the workbook is damaged or too large, or has no row.
    """
    openpyxl = _package("openpyxl", "excel", f"an Excel workbook: {_CSV}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_UNPACKED:
                raise DataError(f"the Excel workbook is larger than 1 GiB when unpacked: {_CSV}.")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        rows = list(_rows(sheets[0]))
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"the Excel workbook is damaged ({type(error).__name__}): {_CSV}.") from error
    said = f"The first sheet of the Excel workbook is read, {counted(len(sheets) - 1, 'other')} ignored."
    repairs = (Repair("sheets", said),) if len(sheets) > 1 else ()
    return _table(rows, repairs)


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield number and text of the rows that are not empty."""
    sheet.reset_dimensions()  # the size in the file may be wrong
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        if len(row) > _MAX_COLUMNS or number > _MAX_ROWS:
            raise DataError(f"the Excel workbook has more than {_MAX_COLUMNS} columns or {_MAX_ROWS} rows: {_CSV}.")
        cells = [_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _text(value: Any) -> str:
    """Return a cell as a spreadsheet writes it to CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    if isinstance(value, (date, datetime)):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _table(rows: list[tuple[int, list[str]]], repairs: tuple[Repair, ...]) -> Cells:
    if not rows:
        raise DataError("the file is empty; expected a header with the column 'path', and a row per image.")
    width = max(len(row) for _, row in rows)
    (first, header), *body = [(line, [*row, *[""] * (width - len(row))]) for line, row in rows]
    if not body:
        raise DataError("the table has a header and no row.")
    return Cells(header, [row for _, row in body], [line for line, _ in body], repairs, first)


def parquet_cells(data: bytes) -> Cells:
    """Return a parquet file as text; lines are the numbers of the rows, from 1.

    Raises:
        DataError: pyarrow is missing, the file is damaged or too large, or has no row.
    """
    _package("pyarrow", "parquet", "a parquet file: write it as CSV")
    from pyarrow import ArrowException, parquet, types

    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        groups = range(file.metadata.num_row_groups)
        if sum(file.metadata.row_group(group).total_byte_size for group in groups) > _MAX_UNPACKED:
            raise DataError("the parquet file is larger than 1 GiB when unpacked: remove columns.")
        schema = file.schema_arrow
        plain = [one.name for one in schema if not types.is_nested(one.type) and not types.is_binary(one.type)]
        frame = file.read(columns=plain).to_pandas(ignore_metadata=True)
    except (ArrowException, OSError, ValueError, TypeError) as error:
        raise DataError(f"the parquet file is damaged ({type(error).__name__}): write it again.") from error
    cells, others = frame_cells(frame, first_line=1), len(schema) - len(plain)
    if not others:
        return cells
    said = f"{counted(others, 'column')} of lists, records or bytes left out."
    return replace(cells, repairs=(Repair("columns", said),))


def frame_cells(frame: pd.DataFrame, first_line: int = 0) -> Cells:
    """Return a DataFrame as the text that pandas would write as CSV, missing cells blank.

    Raises:
        DataError: it has no column or no row, or several levels of column names.
    """
    if frame.columns.nlevels > 1:
        raise DataError("the table has several levels of column names; expected one level.")
    if not len(frame.columns) or not len(frame):
        raise DataError("the table has no rows; expected a column of paths, and one row per image.")
    header, *rows = csv.reader(io.StringIO(frame.to_csv(index=False, lineterminator="\n"), newline=""))
    return Cells(header, rows, list(range(first_line, first_line + len(rows))))


def _package(name: str, extra: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DataError(f"the file is {what}, or install radtl_tf[{extra}], which reads it.") from error
