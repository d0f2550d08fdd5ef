"""Read a file of embeddings for the images of a data set, with every check."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.embeddings.file import read_vectors
from radtl_tf.data.embeddings.matching import ImageNames, check_values, matched
from radtl_tf.data.embeddings.separation import separating
from radtl_tf.errors import DataError
from radtl_tf.logs import get_logger
from radtl_tf.records.experiment import Kind

_log = get_logger(__name__)


@dataclass(frozen=True)
class Embeddings:
    """The vectors of N images, (N, C) float32, in their order, and remarks and findings to be shown as warnings."""

    values: NDArray[np.float32]
    warnings: tuple[str, ...]


def read_checked(path: Path, images: ImageNames, kind: Kind, truth: NDArray[Any]) -> Embeddings:
    """Read the vectors of N images with the labels ``truth``; vectors of other images are left out, which is logged.

    Raises:
        DataError: the file is missing, of another form, or does not fit the images.
    """
    vectors = read_vectors(path)
    try:
        values = matched(vectors, images)
        remarks = check_values(values)
    except DataError as error:
        raise DataError(f"Embeddings {path}: {error}") from None
    unused = len(vectors.names) - len(values)
    if unused:
        _log.info(f"{path.name}: {unused} of {len(vectors.names)} vectors belong to other images and are left out.")
    said = [*remarks, *_finding(values, kind, truth)]
    return Embeddings(values, tuple(f"{path.name}: {remark}" for remark in said))


def _finding(values: NDArray[np.float32], kind: Kind, truth: NDArray[Any]) -> list[str]:
    """Return a line if dimensions alone separate the classes of a task with one label per image."""
    if kind not in ("binary", "multiclass") or truth.ndim != 1:
        return []
    found = separating(values, truth)
    if not found:
        return []
    return [
        f"{len(found)} of {values.shape[1]} dimensions alone separate the classes (the first is {found[0]}, counted "
        "from 0): labels may be in the vectors. Find out how they were made before you trust any result."
    ]
