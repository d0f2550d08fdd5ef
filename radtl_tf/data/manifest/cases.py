"""The examples of a task as arrays: everything that folds, training and statistics need to know about the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf.records.experiment import Kind, Unit

UNKNOWN = -1  # in the truth of a multilabel task: unknown whether the image has the class


@dataclass(frozen=True)
class LabelCounts:
    """How many labels of a table are ``missing`` and ``uncertain``, by column, and how many rows were ``left_out``."""

    missing: Mapping[str, int] = field(default_factory=dict)
    uncertain: Mapping[str, int] = field(default_factory=dict)
    left_out: int = 0

    def __bool__(self) -> bool:
        """Tell whether any label is missing or uncertain, or any row was left out."""
        return bool(self.missing or self.uncertain or self.left_out)


@dataclass(frozen=True)
class Cases:
    """The N examples of a task, in the order of the manifest.

    ``examples`` (N,) is the row of the manifest from 0, ascending without gaps. ``truth`` (N,) is the index into
    ``classes`` (binary: 1 is positive; ordinal: the stage, from the lowest); multilabel (N, K) with 1 if the image has
    the class, 0 if not, and ``UNKNOWN`` for unknown labels, which training, metrics and counts ignore; regression (N,)
    float64, in the unit of the label, without ``classes``. ``patients`` (N,) is the patient's number by first
    appearance, ``patient_ids`` the keyed hash of each patient number. ``linked`` (N,), if given, numbers groups of
    patients who share an image. ``gaps`` counts the missing and uncertain labels of the manifest.
    """

    examples: NDArray[np.int64]
    truth: NDArray[Any]
    patients: NDArray[np.int64]
    patient_ids: tuple[str, ...]
    classes: tuple[str, ...]
    unit: Unit
    kind: Kind = "binary"
    linked: NDArray[np.int64] | None = None
    gaps: LabelCounts = LabelCounts()

    @property
    def is_number(self) -> bool:
        """Tell whether the label is a number."""
        return self.kind == "regression"

    @property
    def num_outputs(self) -> int:
        """Return how many outputs a network has: one per class, one per threshold of stages, or one number."""
        return {"regression": 1, "ordinal": len(self.classes) - 1}.get(self.kind, len(self.classes))

    @property
    def above(self) -> NDArray[np.int64]:
        """Return (N, K - 1) for an ordinal task: 1 where the stage is above each stage but the highest, else 0."""
        return (self.truth[:, np.newaxis] > np.arange(len(self.classes) - 1)).astype(np.int64)

    @property
    def labels(self) -> NDArray[Any]:
        """Return what a loss or a metric compares with the scores: ``truth``, or the thresholds of an ordinal task."""
        return self.above if self.kind == "ordinal" else self.truth

    @property
    def columns(self) -> NDArray[Any]:
        """Return the truth as in ``predictions.csv``: (N,) or (N, K), in the order of ``Target.truth``."""
        return self.marks if self.kind == "multiclass" else self.labels

    @property
    def linked_ids(self) -> list[list[str]]:
        """Return the groups of patients who share an image, as sorted keyed hashes; only groups of several patients."""
        if self.linked is None:
            return []
        members: dict[int, set[str]] = {}
        for group, patient in zip(self.linked.tolist(), self.patients.tolist(), strict=True):
            members.setdefault(group, set()).add(self.patient_ids[patient])
        return [sorted(group) for group in members.values() if len(group) > 1]

    @property
    def marks(self) -> NDArray[np.int64]:
        """Return (N, K): 1 where an example is known to have a class, else 0; (N, 0) for a regression."""
        if self.is_number:
            return np.zeros((len(self.truth), 0), np.int64)
        if self.truth.ndim == 1:
            return np.eye(len(self.classes), dtype=np.int64)[self.truth]
        return (self.truth == 1).astype(np.int64)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Return (N, K): whether the label of an example for a class is known."""
        return self.truth != UNKNOWN if self.truth.ndim == 2 else np.ones((len(self.truth), len(self.classes)), bool)

    @property
    def all_known(self) -> bool:
        """Tell whether every label is known."""
        return self.truth.ndim == 1 or bool((self.truth != UNKNOWN).all())

    @property
    def groups(self) -> NDArray[np.int64]:
        """Return (N,): the groups that folds must not divide, a patient or several who share an image."""
        return self.patients if self.linked is None else self.linked
