"""Name the columns of a table that has no header, as lists of images often have none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from radtl_tf.data.tables.delimited import Cells
from radtl_tf.data.tables.repairs import Repair, in_columns

_PATH = "path"
_IMAGE = re.compile(r".*\.(png|jpe?g|dcm|dicom|tiff?)", re.I)
_FOLDER = re.compile(r".*[/\\].*[/\\]")  # a path of several folders, with the last divider


def with_header(cells: Cells) -> Cells:
    """Return the table with its first line as a row, if this line names an image or folder as all rows do.

    The column of the paths is then called ``path``, and another one ``column_2`` by its position. A list in one column
    whose lines are not only the path, as in ``17 a.png sick``, is divided at its spaces.
    """
    divided = _divided_at_spaces(cells)
    named = divided or cells
    at = _path_column([named.header, *named.rows])
    if at is None:
        return cells
    header = [_PATH if place == at else f"column_{place + 1}" for place in range(len(named.header))]
    said = [Repair("header", f"The table has no header. It is read with {in_columns(header)}.")]
    if divided:
        said.insert(0, Repair("separator", "The columns are separated by spaces."))
    return replace(
        named,
        header=header,
        rows=[named.header, *named.rows],
        lines=[named.header_line, *named.lines],
        repairs=(*named.repairs, *said),
    )


def _path_column(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the first column in which the cells of all rows, the first line too, are paths of images or folders."""
    for kind in (_IMAGE, _FOLDER):
        for at in range(len(rows[0])):
            if all(kind.fullmatch(row[at].strip()) for row in rows):
                return at
    return None


def _divided_at_spaces(cells: Cells) -> Cells | None:
    """Return the only column divided at spaces, or ``None`` if the lines are paths or have different numbers of words.

    A line that ends like an image may be a path with spaces, so it is not divided.
    """
    if len(cells.header) > 1 or _IMAGE.fullmatch(cells.header[0].strip()):
        return None
    header, *rows = (line.split() for (line,) in [cells.header, *cells.rows])
    if len(header) < 2 or any(len(row) != len(header) for row in rows) or _path_column([header, *rows]) is None:
        return None
    return replace(cells, header=header, rows=rows)
