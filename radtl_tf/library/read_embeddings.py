"""Embeddings that another program computed, checked for a ``Dataset``: ``radtl_tf.read_embeddings``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.embeddings.file import read_vectors
from radtl_tf.data.embeddings.matching import check_values, matched
from radtl_tf.data.embeddings.separation import separating
from radtl_tf.errors import DataError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.logs import get_logger

_log = get_logger(__name__)


def embeddings_of(data: Dataset, path: Path) -> NDArray[np.float32]:
    """Return the vectors of a file for the images of ``data``, (N, C) float32; remarks and findings are logged.

    Raises:
        DataError: ``data`` is not a Dataset, or the file is missing, of another form, or does not fit the images.
    """
    if not isinstance(data, Dataset):
        raise DataError(f"read_embeddings takes a radtl_tf.Dataset, not {type(data).__name__}.")
    vectors = read_vectors(path)
    try:
        values = matched(vectors, data.images.paths, [str(row) for row in data.images.rows])
        remarks = check_values(values)
    except DataError as error:
        raise DataError(f"Embeddings {path}: {error}") from None
    unused = len(vectors.names) - len(values)
    if unused:
        _log.info(f"{path.name}: {unused} of {len(vectors.names)} vectors belong to other images and are left out.")
    for remark in [*remarks, *_finding(values, data)]:
        _log.warning(f"{path.name}: {remark}")
    return values


def _finding(values: NDArray[np.float32], data: Dataset) -> list[str]:
    """Return a line if dimensions alone separate the classes of a task with one label per image."""
    if data.task.kind not in ("binary", "multiclass") or data.y.ndim != 1:
        return []
    found = separating(values, data.y)
    if not found:
        return []
    return [
        f"{len(found)} of {values.shape[1]} dimensions alone separate the classes (the first is {found[0]}, counted "
        "from 0): labels may be in the vectors. Find out how they were made before you trust any result."
    ]
