"""From labels and patients, one per image, to Cases: the rules that hold for manifests and data sets alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.data.cases import Cases
from radtl_tf.errors import DataError, nearest
from radtl_tf.records.experiment import Task, Unit

_MAX_NAMED = 6  # a column of more values is no label, and may be one of names


def assemble(labels: Sequence[str], patients: Sequence[str], task: Task) -> Cases:
    """Return the Cases of N images from their labels and their patients' hashes.

    Raises:
        DataError: the labels do not make a binary task, or the unit is not said or not possible.
    """
    classes = _classes(labels, task)
    truth = (np.asarray(labels, dtype=object) == classes[1]).astype(np.int64)
    numbers, ids = pd.factorize(np.asarray(patients, dtype=object))
    numbers = numbers.astype(np.int64)
    return Cases(
        examples=np.arange(len(truth), dtype=np.int64),
        truth=truth,
        patients=numbers,
        patient_ids=tuple(str(name) for name in ids),
        classes=classes,
        unit=_unit(truth, numbers, task),
    )


def _classes(labels: Sequence[str], task: Task) -> tuple[str, str]:
    """Return (negative, positive)."""
    counts = Counter(labels)
    if len(counts) > _MAX_NAMED:
        raise DataError(
            f"the label {task.label!r} has {len(counts)} different values, a binary task needs 2: choose another."
        )
    if not all(name.isprintable() for name in counts):
        raise DataError(f"a value of the label {task.label!r} holds a line break or another control character.")
    found = ", ".join(f"{name!r} ({number} images)" for name, number in counts.most_common())
    if task.positive not in counts:
        raise DataError(
            f"no image has the positive class {task.positive!r}{nearest(task.positive, counts)}; found: {found}."
        )
    if len(counts) != 2:
        raise DataError(f"the label {task.label!r} has {len(counts)} classes, a binary task needs 2; found: {found}.")
    negative = next(name for name in counts if name != task.positive)
    return negative, task.positive


def _unit(truth: NDArray[np.int64], patients: NDArray[np.int64], task: Task) -> Unit:
    """Return the unit: as said, or the patient where nothing else is possible."""
    images = np.bincount(patients)
    positives = np.bincount(patients, weights=truth)
    repeated = int((images > 1).sum())
    mixed = int(((positives > 0) & (positives < images)).sum())
    if task.unit == "patient" and mixed:
        raise DataError(
            f"{mixed} patients have images of both labels, so a patient is no case: set task.unit = 'image'."
        )
    if task.unit is None and repeated:
        advice = (
            f"set task.unit = 'image' ({mixed} of them have images of both labels)"
            if mixed
            else "set task.unit = 'patient' (each has one label), or 'image' to count every image"
        )
        raise DataError(f"{repeated} patients have more than one image, and task.unit is not given: {advice}.")
    return task.unit or "patient"
