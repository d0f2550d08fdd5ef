"""The labels and patients of a manifest's rows; rows that would spoil an experiment are refused.

Messages carry line numbers of the file, never a patient's value or a path.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from radtl_tf.data.manifest.cases import Cases, LabelCounts
from radtl_tf.data.manifest.guesses import guess_pattern
from radtl_tf.data.manifest.label_cells import read_cells
from radtl_tf.data.manifest.labels import Labels, RowLabels, assemble
from radtl_tf.data.manifest.paths import ImageFinder
from radtl_tf.data.manifest.privacy import hashed, ids_in_paths, is_missing_id
from radtl_tf.data.manifest.reader import Manifest, column, naming
from radtl_tf.data.manifest.table import counted
from radtl_tf.errors import DataError, nearest
from radtl_tf.logs import get_logger
from radtl_tf.records.experiment import Task
from radtl_tf.records.plain_text import normal_text

_log = get_logger(__name__)


@dataclass(frozen=True)
class Labelled:
    """The rows of a manifest that have a known label, their labels, and the counts of missing and uncertain labels."""

    manifest: Manifest
    labels: RowLabels
    counts: LabelCounts


def labelled(manifest: Manifest, task: Task) -> Labelled:
    """Read the labels of each image; the task decides about missing and uncertain labels, and the log names them.

    Rows whose labels are all ignored are left out.

    Raises:
        DataError: a column is missing, a label is missing or uncertain and the task does not say what it means, or a
            mark is neither yes nor no.
    """
    names = (task.label,) if isinstance(task.label, str) else task.label
    with naming(manifest):
        cells = {name: column(manifest, name, "label") for name in names}
        found = read_cells(cells, [source.line for source in manifest.images], task)
    for line in found.said:
        _log.info(f"{manifest.path.name}: {line}.")
    kept = manifest if len(found.rows) == len(manifest.images) else manifest.at(found.rows)
    left_out = manifest.left_out + found.counts.left_out
    return Labelled(replace(kept, left_out=left_out), found.labels, replace(found.counts, left_out=left_out))


def cases_of(manifest: Manifest, task: Task, key: bytes, labels: RowLabels | None = None) -> Cases:
    """Return the examples of ``task``: labels, and patients as hashes with ``key``.

    ``labels`` are those that ``labelled`` read, with the manifest that it returned. Without them every row must have a
    known label.

    Raises:
        DataError: a column or a cell is missing, an image is named twice, or the labels do not fit the task.
    """
    if labels is None:
        labels = labelled(manifest, task).labels
    if len(labels) != len(manifest.images):
        raise ValueError("rows without a known label are left out: give the manifest and the labels of labelled()")
    with naming(manifest):
        patients = _patients(manifest, task)
        _refuse(manifest, map(is_missing_id, patients), "no patient id (blank, or a word such as nan or NA)")
        _refuse_twice(manifest, labels.names)
        return assemble(labels, [hashed(patient, key) for patient in patients], task)


def _patients(manifest: Manifest, task: Task) -> list[str]:
    if task.patient is not None and task.patient in ((task.label,) if isinstance(task.label, str) else task.label):
        raise DataError(f"the column {task.patient!r} is named as label and as patient: choose two.")
    ids = patient_ids(manifest, task.patient, task.patient_pattern)
    if ids is not None:
        return ids
    if task.one_image_per_patient:
        return [str(row) for row in range(len(manifest.table))]
    raise DataError(
        f"no patient column is named{nearest('patient_id', manifest.table.columns)}: set task.patient, or say "
        f"task.one_image_per_patient = true if no patient has two images{pattern_hint(manifest)}."
    )


def patient_ids(
    manifest: Manifest, patient: str | None, pattern: str | None, *, written: bool = False
) -> list[str] | None:
    """Return the id of each row: the cell of the column ``patient``, or what ``pattern`` finds in the path.

    It is ``None`` if both are. Cells are in their normal form, or as ``written``.

    Raises:
        DataError: there is no such column, or a path has no match.
    """
    if patient is not None:
        if normal_text(patient) not in manifest.table.columns and pattern_hint(manifest):
            columns = ", ".join(manifest.table.columns)
            raise DataError(f"no patient column {patient!r}{pattern_hint(manifest)}; there are: {columns}.")
        return column(manifest, patient, "patient", written=written)
    if pattern is None:
        return None
    ids = ids_in_paths(_relative_paths(manifest), pattern)
    _refuse(manifest, (not one.strip() for one in ids), "no match of task.patient_pattern in the path")
    return ids


def path_pattern(manifest: Manifest) -> str | None:
    """Return the pattern that finds a folder of a patient in the path of every image, or ``None``."""
    return guess_pattern(_relative_paths(manifest))


def pattern_hint(manifest: Manifest) -> str:
    """Return that the paths tell the patients, if every path has a folder of a patient, to go on in a message."""
    pattern = path_pattern(manifest)
    return f"; the paths name patients: task.patient_pattern = '{pattern}' finds them" if pattern else ""


def _relative_paths(manifest: Manifest) -> list[str]:
    """Return the paths of the images below the image folder, whose own name may look like a patient's."""
    cells = manifest.table[manifest.path_column].tolist()
    if manifest.root is None:
        return cells
    finder, paths = ImageFinder(manifest.root), []
    for cell in cells:
        try:
            paths.append(finder.relative(cell)[0])
        except DataError:  # a path that leaves the folder, which is a fault of the row
            paths.append("")
    return paths


def _refuse(manifest: Manifest, faults: Iterable[bool], what: str) -> None:
    """Refuse the rows that have a fault, counted, with the first line."""
    lines = [source.line for source, fault in zip(manifest.images, faults, strict=True) if fault]
    if lines:
        raise DataError(f"{counted(lines)} with {what}, first line {lines[0]}.")


def _refuse_twice(manifest: Manifest, labels: Sequence[Labels]) -> None:
    """Refuse an image that two rows name, with a different message if their labels disagree."""
    seen: dict[Path, Labels] = {}
    twice, contradictory = [], []
    for source, label in zip(manifest.images, labels, strict=True):
        image = source.path.resolve()
        twice.append(image in seen)
        contradictory.append(seen.setdefault(image, label) != label)
    _refuse(manifest, contradictory, "an image that an earlier row names with another label")
    _refuse(manifest, twice, "an image that an earlier row names too")
