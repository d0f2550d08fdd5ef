"""From labels and patients, one per image, to Cases: the rules that hold for manifests and data sets alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.data.manifest.cases import Cases
from radtl_tf.errors import DataError, nearest
from radtl_tf.records.experiment import Task, Unit

Labels = tuple[str, ...]  # of one image; a binary or multiclass task wants exactly one
Truth = NDArray[np.int64]

_MAX_NAMED = 6  # a column of more values is no label, and may be one of names
_MAX_CLASSES = 1000


def assemble(labels: Sequence[Labels], patients: Sequence[str], task: Task) -> Cases:
    """Return the Cases of N images from their labels and their patients' hashes.

    Raises:
        DataError: the labels do not make the task, or the unit is not said or not possible.
    """
    if not all(name.isprintable() for name in {name for names in labels for name in names}):
        raise DataError(f"a value of the label {task.label!r} holds a line break or another control character.")
    classes, truth = _TRUTHS[task.kind](labels, task)
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
    """Return the labels of each image that are among the classes of the task; all of them where it names none."""
    if not task.classes:
        return labels
    return [tuple(name for name in names if name in task.classes) for names in labels]


def _binary(labels: Sequence[Labels], task: Task) -> tuple[Labels, Truth]:
    """Return (negative, positive); of images with any number of labels, positive are those that have it."""
    counts = Counter(name for names in labels for name in names)
    several = task.label_separator is not None or any(len(names) != 1 for names in labels)
    if len(counts) > _MAX_NAMED and not several:
        raise DataError(
            f"the label {task.label!r} has {len(counts)} different values, a binary task needs 2: choose another."
        )
    positive = str(task.positive)
    if positive not in counts:
        raise DataError(
            f"no image has the positive class {positive!r}{nearest(positive, counts)}; found: {_named(counts)}."
        )
    truth = np.array([positive in names for names in labels], dtype=np.int64)
    if several:
        if truth.all():
            raise DataError(f"every image has the positive class {positive!r}: a binary task needs both classes.")
        return (f"not {positive}", positive), truth
    if len(counts) != 2:
        raise DataError(
            f"the label {task.label!r} has {len(counts)} classes, a binary task needs 2; found: {_named(counts)}."
        )
    return (next(name for name in counts if name != positive), positive), truth


def _multiclass(labels: Sequence[Labels], task: Task) -> tuple[Labels, Truth]:
    several = sum(len(names) != 1 for names in labels)
    if several:
        raise DataError(f"{several} images have not exactly one label, as a multiclass task needs.")
    classes = _classes(labels, task)
    place = {name: number for number, name in enumerate(classes)}
    return classes, np.array([place[names[0]] for names in labels], dtype=np.int64)


def _multilabel(labels: Sequence[Labels], task: Task) -> tuple[Labels, Truth]:
    classes = _classes(labels, task)
    return classes, np.array([[name in names for name in classes] for names in labels], dtype=np.int64)


def _classes(labels: Sequence[Labels], task: Task) -> Labels:
    """Return the classes: as the task or its columns name them, else sorted."""
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
}


def _named(counts: Counter[str]) -> str:
    named = ", ".join(f"{name!r} ({number} images)" for name, number in counts.most_common(_MAX_NAMED))
    return named + (f" and {len(counts) - _MAX_NAMED} more" if len(counts) > _MAX_NAMED else "")


def _unit(truth: Truth, patients: NDArray[np.int64], task: Task) -> Unit:
    """Return the unit: as said, or the patient where nothing else is possible."""
    images = np.bincount(patients)
    repeated = int((images > 1).sum())
    mixed = _num_mixed(truth, patients)
    if task.unit == "patient" and mixed:
        raise DataError(
            f"{mixed} patients have images of different labels, so a patient is no case: set task.unit = 'image'."
        )
    if task.unit is None and repeated:
        advice = (
            f"set task.unit = 'image' ({mixed} of them have images of different labels)"
            if mixed
            else "set task.unit = 'patient' (each has one label), or 'image' to count every image"
        )
        raise DataError(f"{repeated} patients have more than one image, and task.unit is not given: {advice}.")
    return task.unit or "patient"


def _num_mixed(truth: Truth, patients: NDArray[np.int64]) -> int:
    """Return how many patients have images that differ in their labels."""
    table = np.unique(np.column_stack([patients, truth]), axis=0)
    return int((np.bincount(table[:, 0]) > 1).sum())
