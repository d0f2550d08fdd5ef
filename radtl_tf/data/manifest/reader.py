"""Read a manifest (CSV of paths, labels and patients) as text, and refuse what would spoil an experiment.

Messages carry line numbers of the file, never a patient's value or a path.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

import pandas as pd

from radtl_tf.data.decoding.images import read_file
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.labels import Labels, assemble
from radtl_tf.data.manifest.privacy import hashed, normal_id
from radtl_tf.errors import DataError, nearest
from radtl_tf.records.experiment import Task

PATH_COLUMN = "path"
_DELIMITERS = (",", ";", "\t")
_MARKS = {**dict.fromkeys(("1", "yes", "true"), True), **dict.fromkeys(("0", "no", "false"), False)}
_MAX_NAMED = 6  # columns in a message
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


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

    ``faults``: why a row has no image that may be read, by row; only where these were to be collected.
    """

    path: Path
    table: pd.DataFrame
    sources: tuple[ImageFile, ...]
    faults: Mapping[int, str] = field(default_factory=dict)


def read_manifest(path: Path, images: Path | None = None, *, collect: bool = False) -> Manifest:
    """Read the manifest ``path``; its column ``path`` is relative to ``images``, or else to the manifest's folder.

    Commas, semicolons or tabs; UTF-8, UTF-16 with a byte order mark, or Latin-1. ``collect``: a row whose image must
    not or cannot be opened is kept, with its fault, instead of refused.

    Raises:
        DataError: the file is no such table, or an image is missing, no regular file or outside the image folder.
    """
    try:
        header, rows, lines = _parse(_text(read_file(path)))
        _check_header(header)
        root = (images or path.parent).resolve()
        if not root.is_dir():
            raise DataError("the image folder does not exist.")
        table = pd.DataFrame(rows, columns=pd.Index(header), dtype="str")
        sources, faults = _sources(table[PATH_COLUMN], lines, root)
        if faults and not collect:
            row, fault = next(iter(faults.items()))
            raise DataError(f"line {lines[row]}: {fault}")
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    return Manifest(path, table, sources, faults)


def cases_of(manifest: Manifest, task: Task, key: bytes) -> Cases:
    """Return the examples of ``task``: labels, and patients as hashes with ``key``.

    Raises:
        DataError: a column or a cell is missing, an image is named twice, or the labels do not make the task.
    """
    try:
        labels = labels_of(manifest, task)
        patients = _patients(manifest, task)
        _refuse(manifest, (not normal_id(patient) for patient in patients), "no patient id")
        _refuse_twice(manifest, labels)
        return assemble(labels, [hashed(patient, key) for patient in patients], task)
    except DataError as error:
        raise DataError(f"{manifest.path}: {error}") from error


def labels_of(manifest: Manifest, task: Task) -> list[Labels]:
    """Return the labels of each image: of one cell, of one cell with a separator, or of a column per class.

    Raises:
        DataError: a column is missing, a cell is empty that may not be, or a mark is neither yes nor no.
    """
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
            f"blank cells in the label columns: {named}{more}; first line {manifest.sources[first].line}. Expected 1 "
            "or 0 in every cell: write 0 where the answer is no, and remove the rows where it is not known."
        )


def source_of(relative: str, line: int, root: Path) -> ImageFile:
    """Return the image at ``relative`` below the existing folder ``root``, which it may not leave.

    Raises:
        DataError: the path is empty, absolute, leaves ``root``, is missing or no regular file.
    """
    try:
        return _source(relative, line, root)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links
        raise DataError("the path cannot be followed.") from error


def _text(data: bytes) -> str:
    """Return the text of a file in one of the encodings that spreadsheets write."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return _decoded(data, encoding)
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise DataError(f"line {line} holds a NUL byte: no text file, or UTF-16 without a byte order mark.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(f"the file begins like {encoding} but is not: save it as UTF-8.") from error
    if "\0" in text:
        raise DataError(f"line {text[: text.index(chr(0))].count(chr(10)) + 1} holds a NUL character.")
    return text


def _parse(text: str) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the header, the rows and the line on which each row begins."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for row in reader:
            if row:
                found.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"line {line} cannot be read as CSV: check its quotation marks.") from error
    if not found:
        raise DataError("the file is empty; expected a header with the column 'path', and a row per image.")
    (_, header), *body = found
    ragged = [(line, row) for line, row in body if len(row) != len(header)]
    if ragged:
        line, row = ragged[0]
        raise DataError(f"line {line} has {len(row)} cells where the header has {len(header)} ({_count(ragged)} so).")
    if not body:
        raise DataError("the table has a header and no row.")
    return header, [row for _, row in body], [line for line, _ in body]


def _check_header(header: list[str]) -> None:
    if "" in (name.strip() for name in header):
        raise DataError("a column has no name in the header.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(f"the header names a column twice: {', '.join(twice)}.")
    if PATH_COLUMN not in header:
        raise DataError(f"the header has no column 'path'{nearest(PATH_COLUMN, header)}; it has: {', '.join(header)}.")


def _sources(cells: Iterable[str], lines: Sequence[int], root: Path) -> tuple[tuple[ImageFile, ...], dict[int, str]]:
    """Find the image of each row, or say why it has none."""
    sources, faults = [], {}
    for row, (cell, line) in enumerate(zip(cells, lines, strict=True)):
        try:
            sources.append(source_of(cell, line, root))
        except DataError as error:
            sources.append(ImageFile(line, root / f"(line {line})", 0, 0))
            faults[row] = str(error)
    return tuple(sources), faults


def _source(cell: str, line: int, root: Path) -> ImageFile:
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
    lines = [source.line for source, fault in zip(manifest.sources, faults, strict=True) if fault]
    if lines:
        raise DataError(f"{_count(lines)} with {what}, first line {lines[0]}.")


def _refuse_twice(manifest: Manifest, labels: Sequence[Labels]) -> None:
    """Refuse an image that stands in two rows; worse if the rows disagree."""
    seen: dict[Path, Labels] = {}
    twice, contradictory = [], []
    for source, label in zip(manifest.sources, labels, strict=True):
        image = source.path.resolve()
        twice.append(image in seen)
        contradictory.append(seen.setdefault(image, label) != label)
    _refuse(manifest, contradictory, "an image that an earlier row names with another label")
    _refuse(manifest, twice, "an image that an earlier row names too")


def _count(rows: Sequence[object]) -> str:
    return f"{len(rows)} row{'s' if len(rows) > 1 else ''}"
