"""Read a manifest (CSV of paths, labels and patients) as text, and refuse what would spoil an experiment.

Messages carry line numbers of the file, never a patient's value or a path.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath, PureWindowsPath

import pandas as pd

from radtl_tf.data.decoding.images import read_file
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.labels import Labels, assemble
from radtl_tf.data.manifest.privacy import hashed, is_missing_id
from radtl_tf.data.manifest.table import Parsed, check_header, counted, parse, text_of
from radtl_tf.errors import DataError, nearest
from radtl_tf.records.experiment import Task

PATH_COLUMN = "path"
FRAME = Path("DataFrame")  # the path of a manifest that was never a file
_MARKS = {**dict.fromkeys(("1", "yes", "true"), True), **dict.fromkeys(("0", "no", "false"), False)}
_MAX_NAMED = 6  # columns in a message


@dataclass(frozen=True)
class ImageFile:
    """An image file of a manifest: the line that names it, where it is, its size in bytes and its time of change."""

    line: int
    path: Path
    size: int
    changed: int


@dataclass(frozen=True)
class Manifest:
    """The rows of a manifest: ``table`` (N rows, every cell text) and the image of each row.

    ``path`` names the file in messages; a table from memory has the path ``DataFrame``. ``faults``: why a row has no
    image that may be read, by row; only where these were to be collected. ``path_column`` names the files.
    """

    path: Path
    table: pd.DataFrame
    images: tuple[ImageFile, ...]
    faults: Mapping[int, str] = field(default_factory=dict)
    path_column: str = PATH_COLUMN

    def at(self, rows: Sequence[int]) -> Manifest:
        """Return the manifest of these rows, in this order."""
        images = tuple(self.images[row] for row in rows)
        faults = {place: self.faults[row] for place, row in enumerate(rows) if row in self.faults}
        return replace(self, table=self.table.iloc[list(rows)].reset_index(drop=True), images=images, faults=faults)


def read_manifest(path: Path, images: Path | None = None, *, collect: bool = False) -> Manifest:
    """Read the manifest ``path``; its column ``path`` is relative to ``images``, or else to the manifest's folder.

    Commas, semicolons or tabs; UTF-8, UTF-16 with a byte order mark, or Latin-1. ``collect``: a row whose image must
    not or cannot be opened is kept, with its fault, instead of refused.

    Raises:
        DataError: the file is no such table, or an image is missing, no regular file or outside the image folder.
    """
    try:
        header, rows, lines = parse(text_of(read_file(path)))
        manifest = _found(path, (header, rows, lines), images or path.parent, PATH_COLUMN)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    if not collect:
        refuse_faults(manifest)
    return manifest


def manifest_from(frame: pd.DataFrame, root: Path, path_column: str = PATH_COLUMN) -> Manifest:
    """Return a DataFrame as the manifest that ``read_manifest(..., collect=True)`` reads from its CSV file.

    Cells become text as pandas writes them, missing ones blank. Lines are the positions of the rows, from 0. The column
    ``path_column`` is relative to ``root``.

    Raises:
        DataError: the table is empty, its header is wrong, or ``root`` is no folder.
    """
    try:
        header, rows, _ = parse(frame.to_csv(index=False, lineterminator="\n"), ",")
        return _found(FRAME, (header, rows, list(range(len(rows)))), root, path_column)
    except DataError as error:
        raise DataError(f"{FRAME}: {error}") from error


def refuse_faults(manifest: Manifest) -> None:
    """Refuse a manifest that names an image which may not or cannot be opened.

    Raises:
        DataError: naming the first line.
    """
    for row, fault in manifest.faults.items():
        raise DataError(f"{manifest.path}: line {manifest.images[row].line}: {fault}")


def _found(path: Path, parsed: Parsed, root: Path, path_column: str) -> Manifest:
    """Check the header of a table, and look for the image of each row below ``root``."""
    header, rows, lines = parsed
    check_header(header, path_column)
    root = root.resolve()
    if not root.is_dir():
        raise DataError("the image folder does not exist.")
    table = pd.DataFrame(rows, columns=pd.Index(header), dtype="str")
    return Manifest(path, table, *_images(table[path_column], lines, root), path_column)


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
        return [tuple(filter(None, map(str.strip, cell.split(task.label_separator)))) for cell in cells]
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
            "or 0 in every cell: write 0 where the answer is no, and remove the rows where it is not known."
        )


def image_at(relative: str, line: int, root: Path) -> ImageFile:
    """Return the image at ``relative`` below the existing folder ``root``, which it may not leave.

    Raises:
        DataError: the path is empty, absolute, leaves ``root``, is missing or no regular file.
    """
    try:
        return _image(relative, line, root)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links
        raise DataError("the path cannot be followed.") from error


def _images(cells: Iterable[str], lines: Sequence[int], root: Path) -> tuple[tuple[ImageFile, ...], dict[int, str]]:
    """Find the image of each row, or say why it has none."""
    found, faults = [], {}
    for row, (cell, line) in enumerate(zip(cells, lines, strict=True)):
        try:
            found.append(image_at(cell, line, root))
        except DataError as error:
            found.append(ImageFile(line, root / f"(line {line})", 0, 0))
            faults[row] = str(error)
    return tuple(found), faults


def _image(cell: str, line: int, root: Path) -> ImageFile:
    relative = PurePosixPath(cell.replace("\\", "/"))  # manifests also come from Windows
    if not cell.strip():
        raise DataError("the path is empty.")
    if relative.is_absolute() or PureWindowsPath(cell).drive or ".." in relative.parts:
        raise DataError("the path is absolute or holds '..': write it relative to the image folder.")
    path = root / relative
    if not path.resolve().is_relative_to(root):
        raise DataError("the path is a link that leaves the image folder.")
    try:
        status = os.stat(path)
    except FileNotFoundError as error:
        raise DataError("the image does not exist.") from error
    if not stat.S_ISREG(status.st_mode):
        raise DataError("the path is a folder, pipe or device, no image file.")
    return ImageFile(line, path, status.st_size, status.st_mtime_ns)


def column(manifest: Manifest, name: str, what: str) -> list[str]:
    """Return the cells of the column ``name``, which holds ``what``.

    Raises:
        DataError: there is no such column.
    """
    columns = list(manifest.table.columns)
    if name not in columns:
        raise DataError(f"no {what} column {name!r}{nearest(name, columns)}; there are: {', '.join(columns)}.")
    return manifest.table[name].tolist()


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
    """Refuse an image that stands in two rows; worse if the rows disagree."""
    seen: dict[Path, Labels] = {}
    twice, contradictory = [], []
    for source, label in zip(manifest.images, labels, strict=True):
        image = source.path.resolve()
        twice.append(image in seen)
        contradictory.append(seen.setdefault(image, label) != label)
    _refuse(manifest, contradictory, "an image that an earlier row names with another label")
    _refuse(manifest, twice, "an image that an earlier row names too")
