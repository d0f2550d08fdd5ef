"""Remove from a table what is not data and bring its cells into their normal form; every change is recorded."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from radtl_tf.data.tables.delimited import Cells
from radtl_tf.data.tables.normalize import KINDS, normalized
from radtl_tf.data.tables.repairs import Repair, at_lines, counted, in_columns
from radtl_tf.errors import DataError

_PANDAS = re.compile(r"Unnamed: \d+(_level_\d+)?|")  # how pandas names a column without a name
# Words at the beginning of the last rows of a spreadsheet that sum up the others.
_TOTALS = frozenset(
    ("total", "totals", "grand total", "sum", "subtotal", "count", "mean", "average", "summe", "gesamt", "anzahl")
    + ("mittelwert", "totale", "totaal", "somme", "moyenne", "suma", "итого", "всего", "сумма", "合計", "総計", "小計")
    + ("計", "平均", "总计", "合计", "小计", "总数", "합계", "총계", "평균")
)


def cleaned(cells: Cells) -> Cells:
    """Return the table without unnamed columns, empty rows and total rows.

    Raises:
        DataError: no row is left.
    """
    cells = replace(cells, header=[name.strip() for name in cells.header])
    cells = _without_totals(_without_empty_rows(cells))  # first, since the word may be in a column without a name
    cells = _without_empty_rows(_without_columns(cells)) if cells.rows else cells
    if not cells.rows:
        raise DataError("the table has a header but no rows; expected one row per image.")
    return cells


def normal_cells(cells: Cells, kept: Sequence[str] = ()) -> tuple[list[list[str]], tuple[Repair, ...]]:
    """Return the rows with every cell in its normal form, and the changes; the columns ``kept`` stay as they are.

    The header must be in its normal form already.
    """
    changes: dict[str, list[tuple[int, str]]] = defaultdict(list)
    columns = [
        column if name in kept else _normal_column(name, column, cells.lines, changes)
        for name, column in zip(cells.header, zip(*cells.rows, strict=True), strict=True)
    ]
    if not changes:
        return cells.rows, ()
    repairs = tuple(_normalization(kind, changes[kind]) for kind in KINDS if kind in changes)
    return [list(row) for row in zip(*columns, strict=True)], repairs


def normal_header(cells: Cells) -> Cells:
    """Return the table with the names of its columns in their normal form."""
    names = [normalized(name) for name in cells.header]
    changed = [name for name, kinds in names if kinds]
    if not changed:
        return cells
    message = f"The names of {counted(len(changed), 'column')} normalized ({in_columns(changed)})."
    repair = Repair("header", message)
    return replace(cells, header=[name for name, _ in names], repairs=(*cells.repairs, repair))


def _normal_column(
    name: str, column: Sequence[str], lines: Sequence[int], changes: dict[str, list[tuple[int, str]]]
) -> Sequence[str]:
    """Return the cells in their normal form, or the column itself; add each change to ``changes``."""
    found = {value: changed for value in set(column) if (changed := normalized(value))[1]}
    if not found:
        return column
    for line, value in zip(lines, column, strict=True):
        for kind in found[value][1] if value in found else ():
            changes[kind].append((line, name))
    return [found[value][0] if value in found else value for value in column]


def _normalization(kind: str, places: Sequence[tuple[int, str]]) -> Repair:
    columns = list(dict.fromkeys(name for _, name in places))
    lines = sorted({line for line, _ in places})
    number = counted(len(places), "cell")
    return Repair(
        f"cells: {kind}", f"{number} normalized: {kind} ({in_columns(columns)}, {at_lines(lines)}).", tuple(places)
    )


def _without_columns(cells: Cells) -> Cells:
    """Remove columns without a name: the index of a DataFrame, or notes next to the table in a spreadsheet."""
    gone = [at for at, name in enumerate(cells.header) if _PANDAS.fullmatch(name)]
    if not gone:
        return cells
    index = [at for at in gone if _is_index([row[at] for row in cells.rows])]
    empty = [at for at in gone if not any(row[at].strip() for row in cells.rows)]
    others = len(gone) - len(index) - len(empty)
    kinds = ((len(index), "with row numbers"), (len(empty), "empty"), (others, "with other cells"))
    named = ", ".join(f"{number} {what}" for number, what in kinds if number)
    repair = Repair("columns", f"{counted(len(gone), 'column')} without a name left out ({named}).")
    keep = [at for at in range(len(cells.header)) if at not in set(gone)]
    return replace(
        cells,
        header=[cells.header[at] for at in keep],
        rows=[[row[at] for at in keep] for row in cells.rows],
        repairs=(*cells.repairs, repair),
    )


def _is_index(column: Sequence[str]) -> bool:
    """Tell whether a column numbers the rows, starting at any number; empty cells may follow at the end."""
    numbers = [value.strip() for value in column]
    while numbers and not numbers[-1]:
        numbers.pop()
    if not numbers or not all(value.isascii() and value.isdigit() and len(value) < 12 for value in numbers):
        return False
    first = int(numbers[0])
    return all(int(value) == first + place for place, value in enumerate(numbers))


def _without_empty_rows(cells: Cells) -> Cells:
    empty = [line for row, line in zip(cells.rows, cells.lines, strict=True) if not any(map(str.strip, row))]
    if not empty:
        return cells
    return _without_lines(cells, empty, "empty-rows", f"{counted(len(empty), 'empty row')} left out")


def _without_totals(cells: Cells) -> Cells:
    """Remove the last rows if they only sum up the others."""
    totals: list[int] = []
    for row, line in zip(reversed(cells.rows), reversed(cells.lines), strict=True):
        if not _is_total(row):
            break
        totals.insert(0, line)
    if not totals:
        return cells
    return _without_lines(cells, totals, "total-rows", f"{counted(len(totals), 'row')} with a total left out")


def _is_total(row: Sequence[str]) -> bool:
    """Tell whether a row sums up others: it begins with a word for a total, and has empty cells or only numbers."""
    words = [normalized(cell)[0].rstrip(":").strip().casefold() for cell in row]
    first = next((word for word in words if word), "")
    if any(sign in word for word in words for sign in "/\\"):
        return False
    return first in _TOTALS and (len(row) < 2 or "" in words or sum(map(_is_number, words)) == len(words) - 1)


def _is_number(word: str) -> bool:
    return bool(re.fullmatch(r"[\d.,%]+", word))


def _without_lines(cells: Cells, lines: Sequence[int], kind: str, message: str) -> Cells:
    gone = set(lines)
    kept = [(row, line) for row, line in zip(cells.rows, cells.lines, strict=True) if line not in gone]
    repair = Repair(kind, f"{message} ({at_lines(lines)}).", tuple((line, "") for line in lines))
    return replace(
        cells, rows=[row for row, _ in kept], lines=[line for _, line in kept], repairs=(*cells.repairs, repair)
    )
