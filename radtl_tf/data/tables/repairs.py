"""The repairs of a table while it is read: one message per kind, with counts and lines, never a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_MAX_LINES = 8  # in a message
_MAX_COLUMNS = 4


@dataclass(frozen=True)
class Repair:
    """One kind of repair: its name, a sentence for the user, and the places of the changes.

    ``places`` are (line, column) of each change; the column is empty if the whole line is meant. Repairs of the whole
    table, such as its encoding, have no places.
    """

    kind: str
    message: str
    places: tuple[tuple[int, str], ...] = ()

    @property
    def lines(self) -> tuple[int, ...]:
        """The lines that were changed, ascending, each once."""
        return tuple(sorted({line for line, _ in self.places}))


def counted(number: int, what: str) -> str:
    """Return a number with its noun, for a message.

    >>> counted(1, "row"), counted(3, "row")
    ('1 row', '3 rows')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def at_lines(lines: Sequence[int]) -> str:
    """Return the first line numbers of many, for a message.

    >>> at_lines([7]), at_lines(range(2, 12))
    ('line 7', 'lines 2, 3, 4, 5, 6, 7, 8, 9 and 2 more')
    """
    named = [str(line) for line in lines[:_MAX_LINES]]
    if len(lines) > _MAX_LINES:
        return f"lines {', '.join(named)} and {len(lines) - _MAX_LINES} more"
    return f"line {named[0]}" if len(named) == 1 else f"lines {', '.join(named[:-1])} and {named[-1]}"


def in_columns(names: Sequence[str]) -> str:
    """Return the names of columns, for a message.

    >>> in_columns(["label"]), in_columns(["a", "b"])
    ("column 'label'", "columns 'a' and 'b'")
    """
    named = [repr(name) for name in names[:_MAX_COLUMNS]]
    if len(names) > _MAX_COLUMNS:
        return f"columns {', '.join(named)} and {len(names) - _MAX_COLUMNS} more"
    return f"column {named[0]}" if len(named) == 1 else f"columns {', '.join(named[:-1])} and {named[-1]}"
