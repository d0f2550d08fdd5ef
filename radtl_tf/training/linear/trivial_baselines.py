"""Trivial baselines: predict from brightness, a thumbnail or the metadata alone, on the same folds.

If a network does not beat these, it has learned how the images were acquired, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.shortcuts.descriptors import Features, mean_and_sd, metadata, thumbnails, without_the_label
from radtl_tf.training.linear.logistic import fit
from radtl_tf.training.prediction_rows import prediction_rows


def predict_baselines(readings: Sequence[Reading], cases: Cases, folds: Sequence[Fold]) -> Iterator[tuple[object, ...]]:
    """Yield a row per baseline, fold and example of the inner and test part, like ``prediction_rows``.

    Each is a logistic or ridge regression, standardized on the training part, with the penalty chosen on the inner
    part. For numbers, the median of the training part is the counterpart of chance.
    """
    if cases.is_number:
        readings = without_the_label(readings, cases.truth)
        for fold in folds:
            yield from prediction_rows(cases, MEDIAN, fold, _median(cases, fold))
    for name, describe in BASELINES.items():
        features = describe(readings)
        if not np.ptp(features, axis=0).any():
            continue  # all images have the same values, so nothing can be predicted
        for fold in folds:
            fitted = fit(lambda at, features=features: features[at], cases, fold)  # type: ignore[misc]
            yield from prediction_rows(cases, name, fold, fitted.scores)


MEDIAN = "median"


def _median(cases: Cases, fold: Fold) -> dict[str, NDArray[np.float64]]:
    """Return the median of the training part as the score of every example of the other parts."""
    median = float(np.median(cases.truth[fold.train]))
    return {part: np.full(len(at), median) for part, at in fold.parts() if part != "train"}


BASELINES: dict[str, Callable[[Sequence[Reading]], Features]] = {
    "mean and SD": mean_and_sd,
    "16 x 16 pixels": thumbnails,
    "metadata": metadata,
}
