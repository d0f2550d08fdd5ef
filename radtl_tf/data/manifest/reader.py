"""Read a manifest (CSV of paths, labels and patients) as text, and refuse what would spoil an experiment.

Messages carry line numbers of the file, never a patient's value or a path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.label_lists import labels_in
from radtl_tf.data.manifest.labels import Labels, assemble
from radtl_tf.data.manifest.paths import ImageFile, find_images
from radtl_tf.data.manifest.privacy import hashed, is_missing_id
from radtl_tf.data.manifest.table import PATH_COLUMN, counted, found_path_column
from radtl_tf.data.tables.repairs import Repair, at_lines
from radtl_tf.data.tables.table import Table, read_table, table_of
from radtl_tf.errors import DataError, nearest
from radtl_tf.logs import get_logger
from radtl_tf.records.experiment import Task
from radtl_tf.records.plain_text import normal_text

_log = get_logger(__name__)

FRAME = Path("DataFrame")  # the path of a manifest that was never a file
_MARKS = {**dict.fromkeys(("1", "yes", "true"), True), **dict.fromkeys(("0", "no", "false"), False)}
_MAX_NAMED = 6  # columns in a message


@dataclass(frozen=True)
class Manifest:
    """The rows of a manifest: ``table`` (N rows, every cell text in its normal form) and the image of each row.

    ``path`` names the file in messages; a table from memory has the path ``DataFrame``. ``faults``: why a row has no
    image that may be read, by row; only where these were to be collected. ``path_column`` names the files, its cells
    are as they are written. ``written`` is the table with every cell so, ``repairs`` is what was changed or left out.
    """

    path: Path
    table: pd.DataFrame
    images: tuple[ImageFile, ...]
    faults: Mapping[int, str] = field(default_factory=dict)
    path_column: str = PATH_COLUMN
    written: pd.DataFrame | None = None
    repairs: tuple[Repair, ...] = ()
    encoding: str | None = None

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

    ``path_column`` (default ``path``) is relative to ``images``, or else to the manifest's folder; ``suffix`` is what
    its cells lack of the names of the files. ``encoding`` belongs to a text file; by default it is found. ``collect``:
    a row whose image must not or cannot be opened is kept, with its fault, instead of refused.

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
        raise DataError("the task names no manifest.")
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
        raise DataError("the image folder does not exist.")
    guessed = path_column is None and column != PATH_COLUMN
    said = (Repair("path-column", f"The paths are in the column {column!r}."),) if guessed else ()
    normal, names = table.normal(column), pd.Index(table.header)
    written = pd.DataFrame(table.rows, columns=names, dtype="str")
    found = find_images(written[column].tolist(), table.lines, root, column=column, suffix=suffix)
    return Manifest(
        path,
        written if normal.rows == table.rows else pd.DataFrame(normal.rows, columns=names, dtype="str"),
        found.images,
        found.faults,
        column,
        written,
        (*said, *normal.repairs, *found.repairs),
        table.encoding,
    )


def cases_of(manifest: Manifest, task: Task, key: bytes, labels: Sequence[Labels] | None = None) -> Cases:
    """Return the examples of ``task``: labels, and patients as hashes with ``key``.

    ``labels`` are what ``labels_of`` returns, where they have been read already.

    Raises:
        DataError: a column or a cell is missing, an image is named twice, or the labels do not make the task.
    """
    labels = labels_of(manifest, task) if labels is None else labels
    with _named(manifest):
        patients = _patients(manifest, task)
        _refuse(manifest, map(is_missing_id, patients), "no patient id (blank, or a word such as nan or NA)")
        _refuse_twice(manifest, labels)
        return assemble(labels, [hashed(patient, key) for patient in patients], task)


def labels_of(manifest: Manifest, task: Task) -> list[Labels]:
    """Return the labels of each image: of one cell, of one cell with a separator, or of a column per class.

    Raises:
        DataError: a column is missing, a cell is empty that may not be, or a mark is neither yes nor no.
    """
    with _named(manifest):
        return _labels(manifest, task)


@contextmanager
def _named(manifest: Manifest) -> Iterator[None]:
    """Begin what is wrong with a manifest with its path."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{manifest.path}: {error}") from error


def _labels(manifest: Manifest, task: Task) -> list[Labels]:
    if not isinstance(task.label, str):
        return _marked(manifest, task.label)
    cells = column(manifest, task.label, "label")
    if task.label_separator:
        return [labels_in(cell, task.label_separator) for cell in cells]
    _refuse(manifest, (not cell.strip() for cell in cells), "no label")
    return [(cell.strip(),) for cell in cells]


def _marked(manifest: Manifest, names: Labels) -> list[Labels]:
    """Return the names of the columns in which an image has a yes."""
    columns = [[cell.strip().lower() for cell in column(manifest, name, "label")] for name in names]
    _refuse_blank(manifest, dict(zip(names, columns, strict=True)))
    for name, marks in zip(names, columns, strict=True):
        _refuse(manifest, (cell not in _MARKS for cell in marks), f"neither 1 nor 0 in the label column {name!r}")
    return [
        tuple(name for name, cell in zip(names, row, strict=True) if _MARKS[cell]) for row in zip(*columns, strict=True)
    ]


def _refuse_blank(manifest: Manifest, columns: Mapping[str, Sequence[str]]) -> None:
    """Refuse cells without a mark: whether a blank means no, or that nobody looked, only the user knows."""
    blank = {name: cells.count("") for name, cells in columns.items() if "" in cells}
    if blank:
        named = ", ".join(f"{name!r} {number}" for name, number in list(blank.items())[:_MAX_NAMED])
        more = f" and {len(blank) - _MAX_NAMED} more columns" if len(blank) > _MAX_NAMED else ""
        first = next(row for row, marks in enumerate(zip(*columns.values(), strict=True)) if "" in marks)
        raise DataError(
            f"blank cells in the label columns: {named}{more}; first line {manifest.images[first].line}. Expected 1 "
            "or 0 in every cell: write 0 for no, and remove the rows where it is not known."
        )


def column(manifest: Manifest, name: str, what: str, *, written: bool = False) -> list[str]:
    """Return the cells of the column ``name``, which holds ``what``, in their normal form or as ``written``.

    Raises:
        DataError: there is no such column.
    """
    columns = list(manifest.table.columns)
    name = name if name in columns else normal_text(name)
    if name not in columns:
        raise DataError(f"no {what} column {name!r}{nearest(name, columns)}; there are: {', '.join(columns)}.")
    table = manifest.written if written and manifest.written is not None else manifest.table
    return table[name].tolist()


def _patients(manifest: Manifest, task: Task) -> list[str]:
    if task.patient is not None and task.patient in ((task.label,) if isinstance(task.label, str) else task.label):
        raise DataError(f"the column {task.patient!r} is named as label and as patient: choose two.")
    if task.patient is not None:
        return column(manifest, task.patient, "patient")
    if task.one_image_per_patient:
        return [str(row) for row in range(len(manifest.table))]
    raise DataError(
        f"no patient column is named{nearest('patient_id', manifest.table.columns)}: set task.patient, or say "
        "task.one_image_per_patient = true if no patient has two images."
    )


def _refuse(manifest: Manifest, faults: Iterable[bool], what: str) -> None:
    """Refuse the rows that have a fault, counted, with the first line."""
    lines = [source.line for source, fault in zip(manifest.images, faults, strict=True) if fault]
    if lines:
        raise DataError(f"{counted(lines)} with {what}, first line {lines[0]}.")


def _refuse_twice(manifest: Manifest, labels: Sequence[Labels]) -> None:
    """Refuse an image that two rows name; worse if the rows disagree."""
    seen: dict[Path, Labels] = {}
    twice, contradictory = [], []
    for source, label in zip(manifest.images, labels, strict=True):
        image = source.path.resolve()
        twice.append(image in seen)
        contradictory.append(seen.setdefault(image, label) != label)
    _refuse(manifest, contradictory, "an image that an earlier row names with another label")
    _refuse(manifest, twice, "an image that an earlier row names too")
