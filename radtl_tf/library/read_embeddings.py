"""Embeddings that another program computed, checked for a ``Dataset``: ``radtl_tf.read_embeddings``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.embeddings.checked import read_checked
from radtl_tf.data.embeddings.matching import ImageNames
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
    images = ImageNames(data.images.paths, data.images.rows.tolist(), has_all_rows=not data.images.left_out)
    found = read_checked(path, images, data.task.kind, data.y)
    for warning in found.warnings:
        _log.warning(warning)
    return found.values
