"""Describe each image by a few numbers, and summarize the images that a model was trained on.

An exported model contains the summary, so that another hospital can compare its own images with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.reading import Reading

# Grey values are in 0..1, height and width in pixels.
DESCRIPTORS: Mapping[str, Callable[[Reading], float]] = {
    "mean": lambda reading: reading.mean,
    "SD": lambda reading: reading.sd,
    "border": lambda reading: reading.border,
    "height": lambda reading: reading.height,
    "width": lambda reading: reading.width,
}
LEVELS = (0.01, 0.25, 0.5, 0.75, 0.99)  # the outer two enclose the central 98 %


def describe(readings: Sequence[Reading]) -> dict[str, NDArray[np.float64]]:
    """Return each descriptor of the images (N,)."""
    return {name: np.array([of(reading) for reading in readings], float) for name, of in DESCRIPTORS.items()}


def summary(readings: Sequence[Reading], num_patients: int) -> dict[str, Any]:
    """Return the numbers of images and patients and the quantiles (``LEVELS``) of each descriptor, for JSON.

    ``bits`` lists the depths of the sources: their bits per value.
    """
    return {
        "images": len(readings),
        "patients": num_patients,
        "levels": list(LEVELS),
        "bits": sorted({reading.bits for reading in readings}),
        "descriptors": {name: np.quantile(values, LEVELS).tolist() for name, values in describe(readings).items()},
    }


def limits(trained: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Return the 1 % and the 99 % quantile of each descriptor of the training images, from their ``summary``."""
    return {
        name: tuple(np.interp((0.01, 0.99), trained["levels"], quantiles).tolist())
        for name, quantiles in trained["descriptors"].items()
    }
