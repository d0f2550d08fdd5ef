"""Select a part of a data set: its row positions, cases and labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from radtl_tf.data.manifest.cases import Cases, LabelCounts
from radtl_tf.errors import DataError


def positions_of(rows: ArrayLike, number: int) -> NDArray[np.int64]:
    """Return positions from positions, or from a mask over ``number`` rows.

    Raises:
        DataError: ``rows`` is neither, or has a row outside the data set.
    """
    given = np.asarray(rows)
    if given.dtype == bool and given.shape != (number,):
        raise DataError(f"the mask has the shape {given.shape}; expected ({number},), one boolean per image.")
    if given.ndim != 1 or given.dtype.kind not in "biu" or not len(given):
        raise DataError("subset takes positions (whole numbers) or a mask of booleans: give one row or more.")
    positions = np.flatnonzero(given) if given.dtype == bool else given.astype(np.int64)
    if not len(positions) or positions.min() < -number or positions.max() >= number:
        raise DataError(f"the rows are empty or outside the data set: give positions from 0 to {number - 1}.")
    return np.where(positions < 0, positions + number, positions)


def labels_with_nan(cases: Cases) -> NDArray[Any]:
    """Return a copy of the truth, (N,) or (N, K); float64 with NaN for what is not known, if there is any."""
    return cases.truth.copy() if cases.all_known else np.where(cases.known, cases.truth, np.nan)


def part_of(cases: Cases, rows: NDArray[np.int64]) -> Cases:
    """Return the cases at ``rows``; patients are numbered by their first appearance, as in any data set."""
    numbers, kept = pd.factorize(cases.patients[rows])
    return replace(
        cases,
        examples=np.arange(len(rows), dtype=np.int64),
        truth=cases.truth[rows],
        patients=numbers.astype(np.int64),
        patient_ids=tuple(cases.patient_ids[number] for number in kept),
        gaps=LabelCounts(),
    )
