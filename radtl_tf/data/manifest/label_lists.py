"""Several labels in one cell: with a separator, or written as a list of Python (``['normal', 'old']``)."""

from __future__ import annotations

import ast

_LONGEST = 10_000  # characters of a list


def labels_in(cell: str, separator: str) -> tuple[str, ...]:
    """Return the labels in a cell, in their order, without empty ones.

    >>> labels_in("['rib fracture', 'old']", ","), labels_in(" A | B|", "|")
    (('rib fracture', 'old'), ('A', 'B'))
    """
    parts = _written_list(cell.strip())
    return tuple(filter(None, (part.strip() for part in (cell.split(separator) if parts is None else parts))))


def _written_list(cell: str) -> list[str] | None:
    """Return the texts of a list as Python writes it, or ``None`` for any other cell."""
    if not (cell.startswith("[") and cell.endswith("]")) or len(cell) > _LONGEST:
        return None
    try:
        found = ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return found if all(isinstance(part, str) for part in found) else None
