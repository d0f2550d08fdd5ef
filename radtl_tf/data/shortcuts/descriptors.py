"""Describe radiographs by brightness, thumbnail and acquisition: one row of numbers for each image.

The trivial baselines learn from these numbers, and the data check tests whether they predict the label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.data.decoding.reading import SIGNATURE_SIDE, Reading

Features = NDArray[np.float32]

NUMBERS = ("age", "spacing")
CATEGORIES = ("view", "laterality", "intent", "vendor", "body_part", "lossy", "site")
_THUMBNAIL = 16  # px
_IS_THE_LABEL = 0.98  # correlation; ages are kept in whole years
_MIN_IMAGES = 5  # categories with fewer images are left out


def mean_and_sd(readings: Sequence[Reading]) -> Features:
    """Return (N, 2): brightness and contrast of each image."""
    return np.array([(reading.mean, reading.sd) for reading in readings], np.float32)


def thumbnails(readings: Sequence[Reading]) -> Features:
    """Return (N, 256): each image as 16 x 16 pixels, 0..1."""
    step = SIGNATURE_SIDE // _THUMBNAIL
    stack = np.stack([reading.signature for reading in readings]).astype(np.float32) / 255
    return stack.reshape(-1, _THUMBNAIL, step, _THUMBNAIL, step).mean(axis=(2, 4)).reshape(len(readings), -1)


def metadata(readings: Sequence[Reading]) -> Features:
    """Return (N, C): size, depth, age, pixel spacing, and one column for each frequent category of the other metadata.

    The median replaces an unknown number, and a column marks it. Sex is left out because it may be the label.
    """
    table = metadata_table(readings)
    numbers = table[list(NUMBERS)].apply(pd.to_numeric, errors="coerce")
    known = numbers.notna()
    filled = numbers.fillna(numbers.median()).fillna(0.0)
    categories = pd.get_dummies(table[list(CATEGORIES)])
    frequent = categories.loc[:, categories.sum() >= _MIN_IMAGES]
    sizes = np.array([(reading.height, reading.width, reading.bits) for reading in readings], np.float32)
    shapes = np.column_stack([sizes, sizes[:, 0] / sizes[:, 1]])
    return np.column_stack([shapes, filled, known, frequent]).astype(np.float32)


def acquisition(readings: Sequence[Reading]) -> Features:
    """Return (N, C): the metadata, brightness, contrast and border of each image."""
    borders = np.array([[reading.border] for reading in readings], np.float32)
    return np.column_stack([metadata(readings), mean_and_sd(readings), borders])


def without_the_label(readings: Sequence[Reading], numbers: NDArray[np.float64]) -> Sequence[Reading]:
    """Return the readings without the ages of the headers and the table, if the age is the label of a regression.

    It is the label if the known ages and the ``numbers`` (N,) have a correlation of 0.98 or more.
    """
    ages = pd.to_numeric(metadata_table(readings)["age"], errors="coerce").to_numpy(float)
    known = np.isfinite(ages)
    if known.sum() < _MIN_IMAGES or not np.ptp(ages[known]) or not np.ptp(numbers[known]):
        return readings
    if np.corrcoef(ages[known], numbers[known])[0, 1] < _IS_THE_LABEL:
        return readings
    kept = [{name: text for name, text in one.metadata.items() if name != "age"} for one in readings]
    return [replace(one, metadata=metadata) for one, metadata in zip(readings, kept, strict=True)]


def metadata_table(readings: Sequence[Reading]) -> pd.DataFrame:
    """Return the metadata as text, one column each; unknown values are empty."""
    names = [*NUMBERS, *CATEGORIES]
    return pd.DataFrame([[row.metadata.get(name, "") for name in names] for row in readings], columns=names, dtype=str)
