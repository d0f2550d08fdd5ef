"""Predict each image from its nearest neighbors among the images of other patients."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROWS = 512  # of the similarities that are in memory at a time


def neighbor_scores(features: ArrayLike, targets: ArrayLike, groups: ArrayLike, k: int = 20) -> NDArray[np.float64]:
    """Return for each image the mean target of its ``k`` nearest neighbors, (n, T).

    Near means a high cosine similarity. All neighbors count the same. Images of the image's own group are never its
    neighbors; where fewer than ``k`` others are known, all of them are.

    Args:
        features: (n, D) float.
        targets: (n, T) float; an image whose target is NaN (not known) is nobody's neighbor in that column.
        groups: (n,) the patient of each image, or a group of patients who share an image.
        k: number of neighbors, at least 1.

    Returns:
        The means, ``nan`` where no image of another group has a known target.

    >>> features = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]]
    >>> neighbor_scores(features, [[1.0], [1.0], [0.0], [0.0]], groups=[0, 1, 2, 3], k=1).ravel().tolist()
    [1.0, 1.0, 0.0, 0.0]
    >>> neighbor_scores(features, [[1.0], [1.0], [0.0], [0.0]], groups=[0, 0, 1, 1], k=1).ravel().tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    wanted, members = np.asarray(targets, np.float64), np.asarray(groups)
    rows = _of_length_one(np.asarray(features, np.float32))
    scores = np.empty(wanted.shape)
    for start in range(0, len(rows), _ROWS):
        part = slice(start, start + _ROWS)
        similarity = rows[part] @ rows.T
        similarity[members[part, np.newaxis] == members] = -np.inf
        scores[part] = _means(similarity, wanted, k)
    return scores


def _of_length_one(features: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return (features / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _means(similarity: NDArray[np.float32], targets: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Return (m, T), the mean target of the ``k`` most similar images of each row of ``similarity`` (m, n)."""
    known = np.isfinite(targets)
    if known.all():
        return _mean(similarity, targets, k)
    columns = [_mean(similarity[:, of], targets[of][:, [at]], k) for at, of in enumerate(known.T)]
    return np.concatenate(columns, axis=1)


def _mean(similarity: NDArray[np.float32], targets: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    k = min(k, similarity.shape[1])
    nearest = np.argpartition(-similarity, k - 1, axis=1)[:, :k] if k else np.empty((len(similarity), 0), np.int64)
    counts = np.isfinite(np.take_along_axis(similarity, nearest, axis=1))[:, :, np.newaxis]
    total = (targets[nearest] * counts).sum(axis=1)
    number = counts.sum(axis=1)
    return np.divide(total, number, out=np.full(total.shape, np.nan), where=number > 0)
