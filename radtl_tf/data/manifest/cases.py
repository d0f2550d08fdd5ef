"""The examples of a task as arrays: all that folds, training and statistics need to know of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radtl_tf.records.experiment import Kind, Unit


@dataclass(frozen=True)
class Cases:
    """The N examples of a task, in the order of the manifest.

    ``examples`` (N,) is the row of the manifest from 0, ascending without gaps; ``truth`` (N,) the index into
    ``classes`` (binary: 1 is positive), multilabel (N, K) with 1 where the image has the class; ``patients`` (N,) the
    patient's number by first appearance; ``patient_ids`` the keyed hash of each patient number. ``linked`` (N,), where
    given, numbers groups of patients who share an image.
    """

    examples: NDArray[np.int64]
    truth: NDArray[np.int64]
    patients: NDArray[np.int64]
    patient_ids: tuple[str, ...]
    classes: tuple[str, ...]
    unit: Unit
    kind: Kind = "binary"
    linked: NDArray[np.int64] | None = None

    @property
    def marks(self) -> NDArray[np.int64]:
        """Return (N, K): 1 where an example has a class, else 0."""
        return self.truth if self.truth.ndim == 2 else np.eye(len(self.classes), dtype=np.int64)[self.truth]

    @property
    def groups(self) -> NDArray[np.int64]:
        """Return (N,): what folds may not divide, a patient or several who share an image."""
        return self.patients if self.linked is None else self.linked
