"""Read a manifest (a table of paths, labels and patients) as text, and find the image of each row.

Messages carry line numbers of the file, never a patient's value or a path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from radtl_tf.data.manifest.paths import FOLDER, ImageFile, find_images
from radtl_tf.data.manifest.table import PATH_COLUMN, found_path_column
from radtl_tf.data.tables.repairs import Repair, at_lines
from radtl_tf.data.tables.table import Table, read_table, table_of
from radtl_tf.errors import DataError, nearest
from radtl_tf.logs import get_logger
from radtl_tf.records.experiment import Task
from radtl_tf.records.plain_text import normal_text

_log = get_logger(__name__)

FRAME = Path("DataFrame")  # the path of a manifest that was never a file


@dataclass(frozen=True)
class Manifest:
    """The rows of a manifest: ``table`` (N rows, every cell text in its normal form) and the image of each row.

    ``path`` names the file in messages; a table from memory has the path ``DataFrame``. ``faults``: why a row has no
    image that may be read, by row; only where these were to be collected. ``path_column`` names the files, its cells
    are as they are written. ``written`` is the table with every cell so, ``repairs`` is what was changed or left out.
    ``left_out``: how many rows were left out because none of their labels is known. ``root`` is the image folder.
    """

    path: Path
    table: pd.DataFrame
    images: tuple[ImageFile, ...]
    faults: Mapping[int, str] = field(default_factory=dict)
    path_column: str = PATH_COLUMN
    written: pd.DataFrame | None = None
    repairs: tuple[Repair, ...] = ()
    encoding: str | None = None
    left_out: int = 0
    root: Path | None = None

    @property
    def paths(self) -> list[str]:
        """Return the path of each image as it is written."""
        return self.table[self.path_column].astype(str).to_list()

    def at(self, rows: Sequence[int]) -> Manifest:
        """Return the manifest of these rows, in this order."""
        images = tuple(self.images[row] for row in rows)
        faults = {place: self.faults[row] for place, row in enumerate(rows) if row in self.faults}
        table = self.table.iloc[list(rows)].reset_index(drop=True)
        written = None if self.written is None else self.written.iloc[list(rows)].reset_index(drop=True)
        return replace(self, table=table, written=written, images=images, faults=faults)


def read_manifest(
    path: Path,
    images: Path | None = None,
    *,
    collect: bool = False,
    encoding: str | None = None,
    path_column: str | None = None,
    suffix: str | None = None,
) -> Manifest:
    """Read the manifest ``path``, a table of text, an Excel workbook or a parquet file.

    ``path_column`` (default ``path``) is relative to ``images``, or else to the manifest's folder; ``suffix`` is the
    ending of the files that its cells lack. ``encoding`` is for text files; by default it is found. ``collect``: keep a
    row whose image must not or cannot be opened, with its fault, instead of refusing it.

    Raises:
        DataError: the file cannot be read as such a table, or an image is missing, outside the image folder or not a
            regular file.
    """
    try:
        table = read_table(path, encoding)
        manifest = _found(path, table, images or path.parent, path_column, suffix)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    if not collect:
        refuse_faults(manifest)
    for repair in manifest.repairs:
        _log.info(f"{path.name}: {repair.message}")
    return manifest


def manifest_of(task: Task, *, collect: bool = False) -> Manifest:
    """Read the manifest that ``task`` names, as its keys say.

    Raises:
        DataError: it names none, or as ``read_manifest``.
    """
    if task.manifest is None:
        raise DataError("the task names no manifest: set task.manifest.")
    return read_manifest(
        task.manifest,
        task.images,
        collect=collect,
        encoding=task.encoding,
        path_column=task.path_column,
        suffix=task.suffix,
    )


def manifest_from(
    frame: pd.DataFrame, root: Path, path_column: str = PATH_COLUMN, suffix: str | None = None
) -> Manifest:
    """Return a DataFrame as the manifest that ``read_manifest(..., collect=True)`` reads from its CSV file.

    Cells become text as pandas writes them, missing ones blank. Lines are the positions of the rows, from 0. The column
    ``path_column`` is relative to ``root``.

    Raises:
        DataError: the table is empty, its header is wrong, or ``root`` is not a folder.
    """
    try:
        return _found(FRAME, table_of(frame), root, path_column, suffix)
    except DataError as error:
        raise DataError(f"{FRAME}: {error}") from error


def refuse_faults(manifest: Manifest) -> None:
    """Refuse a manifest that names images which may not or cannot be opened.

    Raises:
        DataError: counting all of them, by reason, with their lines.
    """
    reasons: dict[str, list[int]] = {}
    for row, fault in manifest.faults.items():
        reasons.setdefault(fault, []).append(manifest.images[row].line)
    if reasons:
        named = " ".join(f"{at_lines(lines)}: {fault}" for fault, lines in reasons.items())
        number = f"{len(manifest.faults)} of {len(manifest.images)} images cannot be opened"
        raise DataError(f"{manifest.path}: {number}; {named}")


def _found(path: Path, table: Table, root: Path, path_column: str | None, suffix: str | None) -> Manifest:
    """Check the header of a table, and look for the image of each row below ``root``."""
    column = found_path_column(table.header, None if path_column is None else normal_text(path_column))
    if not root.is_dir():
        raise DataError("the image folder does not exist: correct task.images.")
    guessed = path_column is None and column != PATH_COLUMN
    said = (Repair("path-column", f"The paths are in the column {column!r}."),) if guessed else ()
    normal, names = table.normal(column), pd.Index(table.header)
    written = pd.DataFrame(table.rows, columns=names, dtype="str")
    found = find_images(written[column].tolist(), table.lines, root, column=column, suffix=suffix)
    if len(found.faults) == len(found.images) and set(found.faults.values()) == {FOLDER}:
        raise DataError("the rows name folders, not images: expected a row per image.")
    return Manifest(
        path,
        written if normal.rows is table.rows else pd.DataFrame(normal.rows, columns=names, dtype="str"),
        found.images,
        found.faults,
        column,
        written,
        (*said, *normal.repairs, *found.repairs),
        table.encoding,
        root=root,
    )


@contextmanager
def naming(manifest: Manifest) -> Iterator[None]:
    """Begin what is wrong with a manifest with its path."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{manifest.path}: {error}") from error


def column(manifest: Manifest, name: str, what: str, *, written: bool = False) -> list[str]:
    """Return the cells of the column ``name``, which holds ``what``, in their normal form or as ``written``.

    Raises:
        DataError: the column does not exist.
    """
    columns = list(manifest.table.columns)
    name = name if name in columns else normal_text(name)
    if name not in columns:
        raise DataError(f"no {what} column {name!r}{nearest(name, columns)}; there are: {', '.join(columns)}.")
    table = manifest.written if written and manifest.written is not None else manifest.table
    return table[name].tolist()
