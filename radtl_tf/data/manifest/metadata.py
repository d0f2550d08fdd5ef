"""Read the metadata of images from a manifest: from columns with their names, or columns that the task declares."""

from __future__ import annotations

from collections.abc import Mapping

from radtl_tf.data.decoding.metadata_values import METADATA, plain
from radtl_tf.data.manifest.reader import Manifest, column
from radtl_tf.records.experiment import Task


def metadata_cells(manifest: Manifest, task: Task | None) -> list[dict[str, str]]:
    """Return the cells of each row by the name of the metadata, as they are written.

    ``task.columns`` names the columns; by default a column has the name of its metadata, in upper or lower case.
    ``task.sex_codes`` replaces codes such as 1 and 2.

    Raises:
        DataError: a declared column does not exist.
    """
    own = {str(name).strip().lower(): str(name) for name in manifest.table.columns}
    declared: dict[str, str] = dict(task.columns.items()) if task else {}
    columns = {name: declared.get(name, own.get(name)) for name in METADATA}
    cells = {name: column(manifest, found, name) for name, found in columns.items() if found is not None}
    if "sex" in cells and task:
        cells["sex"] = [task.sex_codes.get(cell.strip(), cell) for cell in cells["sex"]]
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)] or [
        {} for _ in range(len(manifest.table))
    ]


def kept(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the metadata of one image in the form that is kept, "" where unknown."""
    return {name: plain(name, cell) for name, cell in cells.items()}
