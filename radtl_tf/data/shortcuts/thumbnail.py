"""Test whether a thumbnail of 16 x 16 pixels, or one region of it, separates the classes too well for a disease.

A burned-in letter, box or marker that occurs in one class gives itself away here: a network would find it first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.shortcuts.descriptors import Features, thumbnails

# Of the whole thumbnail or of a region. In 400 chest films, pneumonia reaches 0.83 and its best region 0.77; a white
# box of 1/32 of the side in every positive film makes it 0.98 in that region, half of that area 0.90.
WARN_THUMBNAIL = 0.9
Folds = list[tuple[NDArray[np.int64], NDArray[np.int64]]]  # the training and the test part of each
MAX_IMAGES = 4000  # a random part of a larger data set is enough
_FOLDS = 5
_GRID = 4  # regions of 4 x 4 pixels
_STRENGTH = {"whole": 0.01, "region": 1.0}  # C of scikit-learn: 256 pixels, 16 pixels
_ROWS, _COLUMNS = ("upper", "upper middle", "lower middle", "lower"), ("left", "left center", "right center", "right")


@dataclass(frozen=True)
class Thumbnail:
    """The cross-validated AUROC of a thumbnail: ``whole``, and of the best of 16 regions alone, ``best`` at ``region``.

    With several classes it belongs to the class that is separated best from the rest.
    """

    whole: float
    best: float
    region: str


def thumbnail_auroc(
    readings: Sequence[Reading], truth: NDArray[np.int64], patients: NDArray[np.int64]
) -> Thumbnail | None:
    """Return how well thumbnails (N, 16, 16) predict the class numbers ``truth`` (N,) from 0.

    We use logistic regression, and no patient is divided between folds. ``None`` if a class has too few patients for
    the folds.
    """
    kept = np.sort(np.random.default_rng(0).permutation(len(truth))[:MAX_IMAGES])
    pixels, truth, patients = thumbnails([readings[at] for at in kept]), truth[kept], patients[kept]
    classes = np.unique(truth)
    if len(classes) < 2 or min(len(np.unique(patients[truth == label])) for label in classes) < _FOLDS:
        return None
    splitter = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
    folds = list(splitter.split(pixels, truth, patients))  # takes longer than a fit
    blocks = pixels.reshape(-1, _GRID, 4, _GRID, 4).transpose(1, 3, 0, 2, 4).reshape(_GRID, _GRID, len(truth), 16)
    aurocs = np.array([[_auroc(of, truth, folds, "region") for of in row] for row in blocks])
    row, column = np.unravel_index(int(aurocs.argmax()), aurocs.shape)
    return Thumbnail(_auroc(pixels, truth, folds, "whole"), float(aurocs.max()), region_name(int(row), int(column)))


def region_name(row: int, column: int) -> str:
    """Return the name of one of 4 x 4 regions of an image as it is shown.

    >>> region_name(0, 0), region_name(1, 3)
    ('upper left corner', 'upper middle right')
    """
    corner = " corner" * (row in (0, _GRID - 1) and column in (0, _GRID - 1))
    return f"{_ROWS[row]} {_COLUMNS[column]}{corner}"


def _auroc(features: Features, truth: NDArray[np.int64], folds: Folds, of: str) -> float:
    """Return the AUROC of the class that is separated best from the others."""
    if not np.ptp(features, axis=0).any():
        return 0.5
    model = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH[of], solver="newton-cholesky"))
    scores = cross_val_predict(model, features, truth, cv=folds, method="predict_proba")
    return max(float(roc_auc_score(truth == label, scores[:, label])) for label in np.unique(truth))
