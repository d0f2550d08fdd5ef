"""Find the path column in the header of a manifest; count rows for messages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from radtl_tf.errors import DataError, nearest

PATH_COLUMN = "path"
_DATA = re.compile(r"[\d.,:-]+|.*\.(png|jpe?g|dcm|dicom|tiff?)|.*[/\\].*[/\\].*", re.I)  # looks like data


def found_path_column(header: Sequence[str], name: str | None) -> str:
    """Return the column of the paths: ``name``, or else ``path`` in lower or upper case.

    Raises:
        DataError: a column name occurs twice, the path column is missing, or the table has no header.
    """
    twice = sorted({one for one in header if list(header).count(one) > 1})
    if twice:
        raise DataError(f"the header has these column names twice: {', '.join(twice)}; rename one of each.")
    wanted = name or PATH_COLUMN
    if wanted in header:
        return wanted
    alike = [one for one in header if one.casefold() == wanted.casefold()]
    if len(alike) == 1 and name is None:
        return alike[0]
    if any(map(_DATA.fullmatch, header)):
        raise DataError("the first line of the table holds data; expected the column names: add a header.")
    hint = nearest(wanted, header) or "; name the column of the paths (task.path_column)" * (name is None)
    raise DataError(f"the header has no column {wanted!r}{hint}; it has: {', '.join(header)}.")


def counted(rows: Sequence[object]) -> str:
    """Return how many rows these are, for a message."""
    return f"{len(rows)} row{'s' if len(rows) > 1 else ''}"
