"""Cases with the scores of models: per image or per patient, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.manifest.cases import UNKNOWN


@dataclass(frozen=True)
class Scored:
    """Cases with the scores of M models: truth (n,) of 0 and 1, ``scores`` (n, M), the patient (n,) of each.

    With several classes it is one class against the rest: truth is 1 if a case has the class, scores are P(class).
    Truth is ``UNKNOWN`` if it is not known whether the case has it.
    """

    truth: NDArray[np.int64]
    scores: NDArray[np.float64]
    patients: NDArray[np.int64]

    @property
    def are_independent(self) -> bool:
        """Tell whether every patient has one case."""
        return len(np.unique(self.patients)) == len(self.patients)

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Return (n,) whether it is known if a case has the class."""
        return self.truth != UNKNOWN

    def known(self) -> Scored:
        """Return the cases whose truth is known."""
        at = self.is_known
        return self if at.all() else Scored(self.truth[at], self.scores[at], self.patients[at])


def by_patient(images: Scored) -> Scored:
    """Return one case per patient, with the mean score of the patient's images.

    The label of a patient is the label of the images where it is known.

    Raises:
        ValueError: a patient has images of both classes.
    """
    ids, which = np.unique(images.patients, return_inverse=True)
    num_images = np.bincount(which)
    num_known, num_positive = (np.bincount(which, weights=of) for of in (images.is_known, images.truth == 1))
    if ((num_positive > 0) & (num_positive < num_known)).any():
        raise ValueError("a patient has images of both classes")
    truth = np.where(num_known == 0, UNKNOWN, num_positive > 0)
    sums = np.stack([np.bincount(which, weights=column) for column in images.scores.T], axis=1)
    return Scored(truth.astype(np.int64), sums / num_images[:, None], ids)


def count(images: Scored) -> dict[str, int]:
    """Return how many images and patients there are, in all and of each class; a patient may have both."""
    positive, negative = images.truth == 1, images.truth == 0
    return {
        "images": len(images.truth),
        "patients": len(np.unique(images.patients)),
        "positive images": int(positive.sum()),
        "positive patients": len(np.unique(images.patients[positive])),
        "negative patients": len(np.unique(images.patients[negative])),
    }


def counts_of_classes(counts: Mapping[str, dict[str, int]]) -> dict[str, int]:
    """Return how many images and patients there are, in all and with each class."""
    what = ("images", "patients")
    first = next(iter(counts.values()))
    of_class = {f"{key} with {name}": one[f"positive {key}"] for name, one in counts.items() for key in what}
    return {key: first[key] for key in what} | of_class
