"""A table as plain text cells, and its rendering for a terminal and for Markdown (``templates`` renders it as HTML)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBER = re.compile(r"[-+<]?\s?\d|-$")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|~#])")


@dataclass(frozen=True)
class Table:
    """One table: ``rows`` of text, one cell per column; ``key`` is its anchor, ``section`` its place."""

    key: str
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    section: str = "results"

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold only numbers and are aligned right."""
        cells = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.columns)
        return tuple(bool(column) and all(not cell or _NUMBER.match(cell) for cell in column) for column in cells)


def render_text(table: Table) -> str:
    """Return the table for a terminal: aligned columns, printable characters only."""
    lines = [[_printable(cell) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    body = ("  ".join(_aligned(row, widths, table.numeric)).rstrip() for row in lines)
    return "\n".join([table.title, *body]) + "\n"


def render_markdown(table: Table) -> str:
    """Return the table as GitHub-flavored Markdown; every cell is escaped."""
    rule = ["---:" if right else "---" for right in table.numeric]
    lines = [_cells(table.columns), f"| {' | '.join(rule)} |", *(_cells(row) for row in table.rows)]
    return "\n".join([f"## {table.title}", "", plain(table.caption), "", *lines]) + "\n"


def plain(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is."""
    return _MARKDOWN.sub(r"\\\1", _printable(text))


def _aligned(row: Iterable[str], widths: Iterable[int], right: Iterable[bool]) -> list[str]:
    return [
        cell.rjust(width) if flush else cell.ljust(width) for cell, width, flush in zip(row, widths, right, strict=True)
    ]


def _cells(row: Iterable[str]) -> str:
    return f"| {' | '.join(plain(cell) for cell in row)} |"


def _printable(text: str) -> str:
    """Return ``text`` without line breaks and control characters."""
    return "".join(character if character.isprintable() else " " for character in text)
