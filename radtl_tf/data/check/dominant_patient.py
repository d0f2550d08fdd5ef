"""Find a patient who has so many images that this one person may decide the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Finding
from radtl_tf.data.manifest.cases import Cases

_SHARE_OF_CLASS = 0.25  # four such patients would make up the whole class
_SHARE_OF_FOLD = 0.5
_MIN_IMAGES = 20  # of a class or a test fold: in a smaller one every patient has a large share
_MAX_LINES = 5  # in a message


@dataclass(frozen=True)
class _Most:
    """The patient who has the most images in a group: ``num_images`` of ``total``; ``what`` names the group."""

    patient: int
    num_images: int
    total: int
    what: str


def dominant_patient(data: CheckData) -> Iterator[Finding]:
    """Yield a finding for each patient who has at least a quarter of the images of a class, or half of a test fold."""
    if not any(image.patient for image in data.decoded):
        return
    said: set[int] = set()
    for most in (*_of_classes(data), *_of_test_folds(data)):
        if most.patient not in said:
            said.add(most.patient)
            message = f"One patient has {most.num_images} of the {most.total} images of {most.what}."
            yield data.at("dominant-patient", message, np.flatnonzero(data.patients == most.patient))


def cause(data: CheckData) -> str:
    """Return a sentence on a dominant patient as the likely cause if folds cannot be drawn; empty if there is none."""
    found = next(dominant_patient(data), None)
    if found is None:
        return ""
    first = ", ".join(map(str, found.lines[:_MAX_LINES]))
    return f" A likely cause: {found.message[0].lower()}{found.message[1:-1]} (lines {first} and others)."


def cause_in(cases: Cases) -> str:
    """Return the same sentence for the examples of a task, whose images need not be read."""
    classes = cases.classes if cases.truth.ndim == 1 and not cases.is_number else ()
    found = next(_of_each(cases.patients, cases.truth, classes), None)
    if found is None:
        return ""
    return f" A likely cause: one patient has {found.num_images} of the {found.total} images of {found.what}."


def _of_classes(data: CheckData) -> Iterator[_Most]:
    return _of_each(data.patients, data.truth, [" | ".join(labels) for labels in data.classes])


def _of_each(patients: NDArray[np.int64], truth: NDArray[np.int64], classes: Sequence[str]) -> Iterator[_Most]:
    """Yield the patient who has the most images of a class, for each class if the share is large."""
    for number, name in enumerate(classes):
        own = patients[truth == number]
        if len(own) >= _MIN_IMAGES:
            most = _most(own, f"class {name!r}")
            if most.num_images >= _SHARE_OF_CLASS * most.total:
                yield most


def _of_test_folds(data: CheckData) -> Iterator[_Most]:
    """Yield the patient who dominates each test fold, if there is one and every row was decoded."""
    folds, _ = data.folds
    if data.cases is None or len(data.cases.truth) != len(data.decoded):
        return
    for fold in folds:
        if len(fold.test) >= _MIN_IMAGES:
            most = _most(data.patients[fold.test], "a test fold")
            if most.num_images >= _SHARE_OF_FOLD * most.total:
                yield most


def _most(patients: NDArray[np.int64], what: str) -> _Most:
    counts = np.bincount(patients)
    return _Most(int(counts.argmax()), int(counts.max()), len(patients), what)
