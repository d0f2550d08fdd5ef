"""Make Cases from the labels and patients of images; manifests and built data sets follow the same rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.data.manifest.label_words import alike, written_as
from radtl_tf.data.manifest.numbers_and_stages import number_of, refuse_unlisted
from radtl_tf.errors import DataError, nearest
from radtl_tf.records.experiment import Task, Unit

Labels = tuple[str, ...]  # of one image; a binary or multiclass task needs exactly one
Truth = NDArray[Any]

_MAX_NAMED = 6  # a column with more values may hold names of people, so they are not shown
_MAX_CLASSES = 1000
_MIN_REPEATED = 3  # mean number of images per class: a column with fewer may hold names of people


@dataclass(frozen=True)
class RowLabels:
    """The labels of N images: the ``names`` that each has, and the classes that are ``unknown`` for it.

    The name of a number is its text, as ``numbers_and_stages.text_of`` writes it. Without ``unknown`` all labels are
    known.
    """

    names: Sequence[Labels]
    unknown: Sequence[Labels] = ()

    def __len__(self) -> int:
        return len(self.names)

    def at(self, rows: Sequence[int]) -> RowLabels:
        """Return the labels of these rows, in this order."""
        unknown = tuple(self.unknown[row] for row in rows) if self.unknown else ()
        return RowLabels(tuple(self.names[row] for row in rows), unknown)

    def unknown_of(self, row: int) -> Labels:
        """Return the classes that are not known for an image."""
        return self.unknown[row] if self.unknown else ()


def assemble(labels: Sequence[Labels] | RowLabels, patients: Sequence[str], task: Task) -> Cases:
    """Return the Cases of N images from their labels and their patients' hashes.

    Raises:
        DataError: the labels do not fit the task, or the unit is missing or impossible.
    """
    labels, unknown = (labels.names, labels.unknown) if isinstance(labels, RowLabels) else (labels, ())
    _refuse_alike(labels, task)
    if not all(name.isprintable() for name in {name for names in labels for name in names}):
        raise DataError(
            f"a value of the label {task.label!r} contains a line break or another control character: remove it."
        )
    classes, truth = _TRUTHS[task.kind](labels, task)
    truth = _with_unknown(truth, unknown, classes)
    numbers, ids = pd.factorize(np.asarray(patients, dtype=object))
    numbers = numbers.astype(np.int64)
    return Cases(
        examples=np.arange(len(truth), dtype=np.int64),
        truth=truth,
        patients=numbers,
        patient_ids=tuple(str(name) for name in ids),
        classes=classes,
        unit=_unit(truth, numbers, task),
        kind=task.kind,
    )


def narrowed(labels: Sequence[Labels], task: Task) -> Sequence[Labels]:
    """Return the labels of each image that are classes of the task; all labels if the task names no classes."""
    if not task.classes:
        return labels
    return [tuple(name for name in names if name in task.classes) for names in labels]


def _binary(labels: Sequence[Labels], task: Task) -> tuple[Labels, Truth]:
    """Return (negative, positive) and the truth; images with several labels are positive if one of them is."""
    counts = Counter(name for names in labels for name in names)
    several = task.label_separator is not None or any(len(names) != 1 for names in labels)
    if len(counts) > _MAX_NAMED and not several:
        raise DataError(
            f"the label {task.label!r} has {len(counts)} different values; a binary task needs 2: choose another."
        )
    positive = written_as(str(task.positive), counts)
    if positive is None:
        hint = nearest(str(task.positive), counts)
        raise DataError(f"no image has the positive class {task.positive!r}{hint}; found: {_named(counts)}.")
    truth = np.array([positive in names for names in labels], dtype=np.int64)
    if several:
        if truth.all():
            raise DataError(f"every image has the positive class {positive!r}: a binary task needs both classes.")
        return (f"not {positive}", positive), truth
    if len(counts) != 2:
        raise DataError(
            f"the label {task.label!r} has {len(counts)} classes; a binary task needs 2. Found: {_named(counts)}."
        )
    return (next(name for name in counts if name != positive), positive), truth


def _multiclass(labels: Sequence[Labels], task: Task) -> tuple[Labels, Truth]:
    several = sum(len(names) != 1 for names in labels)
    if several:
        raise DataError(f"{several} images have no label or several; kind = {task.kind!r} needs exactly one each.")
    if task.kind == "ordinal":
        refuse_unlisted([names[0] for names in labels], task.classes)
    classes = _classes(labels, task)
    place = {name: number for number, name in enumerate(classes)}
    return classes, np.array([place[names[0]] for names in labels], dtype=np.int64)


def _multilabel(labels: Sequence[Labels], task: Task) -> tuple[Labels, Truth]:
    classes = _classes(labels, task)
    return classes, np.array([[name in names for name in classes] for names in labels], dtype=np.int64)


def _regression(labels: Sequence[Labels], task: Task) -> tuple[Labels, Truth]:
    """Return no classes, and the numbers in the unit of the label."""
    numbers = np.array([number_of(names[0]) if len(names) == 1 else np.nan for names in labels])
    wrong = int((~np.isfinite(numbers)).sum())
    if wrong:
        raise DataError(f"{wrong} images have a label that is not one finite number; a regression needs one each.")
    if numbers.min() == numbers.max():
        raise DataError(
            f"every image has the number {numbers[0]:g} in the label {task.label!r}, so there is nothing to learn: "
            "choose another column."
        )
    return (), numbers


def _classes(labels: Sequence[Labels], task: Task) -> Labels:
    """Return the classes in the order of the task or its columns, else sorted."""
    found = sorted({name for names in labels for name in names})
    unknown = [name for name in task.classes if name not in found]
    if unknown:
        raise DataError(f"no image has the class {unknown[0]!r} of task.classes{nearest(unknown[0], found)}.")
    if task.classes:
        return task.classes
    if not 2 <= len(found) <= _MAX_CLASSES:
        raise DataError(f"the label {task.label!r} has {len(found)} classes; expected 2 to {_MAX_CLASSES}.")
    return tuple(found) if isinstance(task.label, str) else task.label


_TRUTHS: dict[str, Callable[[Sequence[Labels], Task], tuple[Labels, Truth]]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "multilabel": _multilabel,
    "regression": _regression,
    "ordinal": _multiclass,
}


def _with_unknown(truth: Truth, unknown: Sequence[Labels], classes: Labels) -> Truth:
    """Return the truth with ``UNKNOWN`` for the labels of a multilabel task that are not known.

    Raises:
        DataError: a binary or multiclass task has such labels.
    """
    if not any(unknown):
        return truth
    if truth.ndim == 1:
        asked = sum(any(name in classes for name in names) for names in unknown)
        if asked:
            raise DataError(f"{asked} images have an unknown label: leave them out, or set kind = 'multilabel'.")
        return truth
    place = {name: number for number, name in enumerate(classes)}
    cells = [(row, place[name]) for row, names in enumerate(unknown) for name in names if name in place]
    if cells:
        truth[tuple(np.array(cells).T)] = UNKNOWN
    return truth


def _refuse_alike(labels: Sequence[Labels], task: Task) -> None:
    """Refuse classes of the task that are one class, written in several ways.

    Raises:
        DataError: there are such classes. They are named, unless there are so many that they may be names of people.
    """
    counts = Counter(name for names in labels for name in names)
    if task.kind == "regression":
        return
    groups = [group for group in alike(counts) if not task.classes or set(group) & set(task.classes)]
    if not groups or (task.kind == "binary" and len(counts) > _MAX_NAMED):
        return
    named = "; ".join(
        " and ".join(f"{name!r} ({counts[name]} images)" for name in group) for group in groups[:_MAX_NAMED]
    )
    more = f"; {len(groups) - _MAX_NAMED} more" if len(groups) > _MAX_NAMED else ""
    shown = f": {named}{more}" if len(counts) * _MIN_REPEATED <= counts.total() else ""
    raise DataError(
        f"the label {task.label!r} has {len(groups)} classes that are written in several ways, which differ only by "
        f"case, spaces or the form of a number{shown}. Write each class in one way; `radtl data fix` writes such a "
        "copy of the table."
    )


def _named(counts: Counter[str]) -> str:
    named = ", ".join(f"{name!r} ({number} images)" for name, number in counts.most_common(_MAX_NAMED))
    return named + (f" and {len(counts) - _MAX_NAMED} more" if len(counts) > _MAX_NAMED else "")


def _unit(truth: Truth, patients: NDArray[np.int64], task: Task) -> Unit:
    """Return the unit of the task; by default the patient, if every patient has one image."""
    images = np.bincount(patients)
    repeated = int((images > 1).sum())
    mixed = _num_mixed(truth, patients)
    if task.unit == "patient" and mixed:
        raise DataError(
            f"{mixed} patients have images with different labels, so a patient has no single label: set task.unit = "
            "'image'."
        )
    if task.unit is None and repeated:
        advice = (
            f"set task.unit = 'image' ({mixed} of them have images with different labels)"
            if mixed
            else "set task.unit = 'patient' (each has one label), or 'image' to count every image"
        )
        raise DataError(f"{repeated} patients have more than one image, and task.unit is not given: {advice}.")
    return task.unit or "patient"


def _num_mixed(truth: Truth, patients: NDArray[np.int64]) -> int:
    """Return how many patients have images with different labels; unknown labels are ignored."""
    mixed = np.zeros(patients.max() + 1, bool)
    for column in truth[:, np.newaxis].T if truth.ndim == 1 else truth.T:
        known = column != UNKNOWN if truth.ndim == 2 else np.ones(len(column), bool)
        pairs = np.unique(np.column_stack([patients[known], column[known]]), axis=0)
        mixed |= np.bincount(pairs[:, 0].astype(np.int64), minlength=len(mixed)) > 1
    return int(mixed.sum())
