"""Write tables as CSV text that spreadsheets cannot run as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any


def safe_cell(value: Any) -> Any:
    """Return ``value``; text that a spreadsheet would run as a formula is escaped."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def csv_text(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return CSV text with a header; floats have full precision, and text that looks like a formula is escaped."""
    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow(columns)
    return header.getvalue() + "".join(map(csv_line, rows))


def csv_line(row: Iterable[Any]) -> str:
    """Return one row as ``csv_text`` writes it."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([safe_cell(value) for value in row])
    return buffer.getvalue()
