"""Trivial baselines: how far do brightness, a thumbnail or the metadata alone get, on the same folds?

A network that does not beat them has learned how the images were taken, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.data.cases import Cases
from radtl_tf.data.folds import Fold
from radtl_tf.data.reading import SIGNATURE_SIDE, Reading
from radtl_tf.training.logistic import fit

Features = NDArray[np.float32]

_THUMBNAIL = 16  # px
_NUMBERS = ("age", "spacing")
_CATEGORIES = ("view", "laterality", "intent", "vendor", "body_part", "lossy", "site")
_MIN_IMAGES = 5  # a category of fewer images is none


def predict_baselines(readings: Sequence[Reading], cases: Cases, folds: Sequence[Fold]) -> Iterator[tuple[object, ...]]:
    """Yield a row per baseline, fold and example of its inner and test part, as in ``records.runs.PREDICTION_COLUMNS``.

    Logistic regression, standardized on the training part, its penalty chosen on the inner part.
    """
    for name, describe in BASELINES.items():
        features = describe(readings)
        if not np.ptp(features, axis=0).any():
            continue  # nothing differs between the images, so there is nothing to predict from
        for fold in folds:
            fitted = fit(lambda at, features=features: features[at], cases, fold)  # type: ignore[misc]
            positions = dict(fold.parts())
            for part, scores in fitted.scores.items():
                for at, score in zip(positions[part].tolist(), scores.tolist(), strict=True):
                    patient = cases.patient_ids[cases.patients[at]]
                    yield name, fold.repeat, fold.fold, part, at, patient, int(cases.truth[at]), score


def mean_and_sd(readings: Sequence[Reading]) -> Features:
    """Return (N, 2): brightness and contrast of each image."""
    return np.array([(reading.mean, reading.sd) for reading in readings], np.float32)


def thumbnails(readings: Sequence[Reading]) -> Features:
    """Return (N, 256): each image as 16 x 16 pixels, 0..1."""
    step = SIGNATURE_SIDE // _THUMBNAIL
    stack = np.stack([reading.signature for reading in readings]).astype(np.float32) / 255
    return stack.reshape(-1, _THUMBNAIL, step, _THUMBNAIL, step).mean(axis=(2, 4)).reshape(len(readings), -1)


def metadata(readings: Sequence[Reading]) -> Features:
    """Return (N, C): size, depth, age, pixel spacing, and a column per frequent category of the others.

    What is unknown is the median, with a column that says so. Sex is left out: it may be the label.
    """
    names = [*_NUMBERS, *_CATEGORIES]
    table = pd.DataFrame([[row.metadata.get(name, "") for name in names] for row in readings], columns=names, dtype=str)
    numbers = table[list(_NUMBERS)].apply(pd.to_numeric, errors="coerce")
    known = numbers.notna()
    filled = numbers.fillna(numbers.median()).fillna(0.0)
    categories = pd.get_dummies(table[list(_CATEGORIES)])
    frequent = categories.loc[:, categories.sum() >= _MIN_IMAGES]
    sizes = np.array([(reading.height, reading.width, reading.bits) for reading in readings], np.float32)
    shapes = np.column_stack([sizes, sizes[:, 0] / sizes[:, 1]])
    return np.column_stack([shapes, filled, known, frequent]).astype(np.float32)


BASELINES: dict[str, Callable[[Sequence[Reading]], Features]] = {
    "mean and SD": mean_and_sd,
    "16 x 16 pixels": thumbnails,
    "metadata": metadata,
}
