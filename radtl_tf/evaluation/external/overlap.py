"""Were the images of a test used to train the model? Then its result is too good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXACT, NEAR, OTHER = "exact", "near", "no"  # cells of scores.csv


@dataclass(frozen=True)
class Overlap:
    """The images of a test (m,) that are training images of ``model``: ``exact`` by pixels, ``near`` by look.

    No image is both. The masks are ``None`` if the model was exported without hashes of its training images.
    """

    model: str
    exact: NDArray[np.bool_] | None = None
    near: NDArray[np.bool_] | None = None

    @property
    def number(self) -> int:
        """The number of images that are training images, exactly or nearly."""
        return sum(int(mask.sum()) for mask in (self.exact, self.near) if mask is not None)

    def cells(self, number: int) -> list[str | None]:
        """Return the cell of each of ``number`` images in the table of scores."""
        if self.exact is None or self.near is None:
            return [None] * number
        return [EXACT if one else NEAR if like else OTHER for one, like in zip(self.exact, self.near, strict=True)]

    def as_dict(self) -> dict[str, Any]:
        """Return the counts for JSON; ``None`` where they are unknown."""
        counts = {EXACT: self.exact, NEAR: self.near}
        return {"model": self.model} | {name: None if at is None else int(at.sum()) for name, at in counts.items()}


def overlap_sentence(found: Sequence[Overlap]) -> str:
    """Say how many images of the test are training images of each model, and what follows."""
    return " ".join(map(_sentence, found))


def _sentence(found: Overlap) -> str:
    if found.exact is None or found.near is None:
        return (
            f"We cannot check whether these images were used to train {found.model}, because it was exported without "
            "hashes of its training images."
        )
    total = len(found.exact)
    if not found.number:
        return f"None of the {total} images is a training image of {found.model}, exactly or nearly."
    return (
        f"{found.number} of {total} images are training images of {found.model}: {int(found.exact.sum())} exactly, "
        f"{int(found.near.sum())} nearly. The model has learned them, so its result is too good and says nothing about "
        "other patients. scores.csv marks these images: remove them and test again."
    )
