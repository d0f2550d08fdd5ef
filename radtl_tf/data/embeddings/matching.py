"""Bring the vectors of a file into the order of a data set's images; every fault is an error.

Messages give positions, not names, because a file may have the name of a patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.embeddings.file import Vectors
from radtl_tf.errors import DataError

_MAX_SHOWN = 5


@dataclass(frozen=True)
class ImageNames:
    """The names by which N images may be known: their ``paths``, if there are any, and the numbers of their ``rows``.

    ``has_all_rows`` is false if rows of the table were left out, since the numbers that others counted differ then.
    """

    paths: Sequence[str] | None
    rows: Sequence[int]
    has_all_rows: bool = True


def row_name(row: int) -> str:
    """Return the name of a row that no path has, for vectors that come from memory."""
    return f"<row {row}>"


def matched(vectors: Vectors, images: ImageNames) -> NDArray[np.float32]:
    """Return the vector of each of N images, (N, C) float32, in their order.

    Names are the paths of the images, their last parts, where these are unique on both sides, or the numbers of their
    rows, whichever fits more images.

    Raises:
        DataError: an image has no vector or several.
    """
    names, wanted = max(_spellings(vectors.names, images), key=_num_found)
    counts = Counter(names)
    missing = [place for place, name in enumerate(wanted, start=1) if not counts[name]]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(wanted)} images have no vector ({_places(missing)}): its names must be the paths "
            "of the images as the table has them, their file names, or the numbers of their rows from 0 (if every row "
            "has a label)."
        )
    twice = [place for place, name in enumerate(wanted, start=1) if counts[name] > 1]
    if twice:
        raise DataError(f"{len(twice)} images have several vectors ({_places(twice)}): keep one vector per image.")
    place = {name: row for row, name in enumerate(names)}
    return vectors.values[[place[name] for name in wanted]]


Spelling = tuple[Sequence[str], Sequence[str]]


def _spellings(names: Sequence[str], images: ImageNames) -> Iterator[Spelling]:
    """Yield the names of the vectors and of the images in each way in which they may agree, the surest first."""
    paths = images.paths
    yield names, list(map(row_name, images.rows))
    if paths is not None:
        yield names, paths
        ends, wanted = [PurePath(name).name for name in names], [PurePath(path).name for path in paths]
        if len(set(wanted)) == len(wanted):
            yield ends, wanted
    if images.has_all_rows:
        yield names, list(map(str, images.rows))


def _num_found(spelling: Spelling) -> int:
    return len(set(spelling[0]) & set(spelling[1]))


def check_values(values: NDArray[np.float32]) -> list[str]:
    """Return remarks on vectors (N, C) of images: identical ones, and dimensions that never change.

    Raises:
        DataError: vectors hold NaN or infinity, or are constant: all numbers of one, or all vectors, are equal.
    """
    broken = np.flatnonzero(~np.isfinite(values).all(axis=1)) + 1
    if len(broken):
        raise DataError(f"{len(broken)} vectors have NaN or infinite numbers ({_places(broken)}): compute them again.")
    flat = np.flatnonzero(np.ptp(values, axis=1) == 0) + 1
    if len(flat) and values.shape[1] > 1:
        raise DataError(f"{len(flat)} vectors are constant ({_places(flat)}): compute them again.")
    idle = int((np.ptp(values, axis=0) == 0).sum())
    if len(values) > 1 and idle == values.shape[1]:
        raise DataError("all images have the same vector: compute them again.")
    copies = len(values) - len({row.tobytes() for row in values})
    remarks = [f"Vectors that are a copy of another image's vector: {copies}."] * bool(copies)
    return [*remarks, *[f"{idle} of {values.shape[1]} dimensions are the same for all images."] * bool(idle)]


def _places(places: Sequence[int] | NDArray[np.int64]) -> str:
    shown = ", ".join(str(place) for place in places[:_MAX_SHOWN])
    return f"image {shown}{', ...' if len(places) > _MAX_SHOWN else ''}, counted from 1"
