"""Make the rows of the predictions: one per example of the inner and the test part of a fold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import UNKNOWN, Cases


def prediction_rows(
    cases: Cases, name: str, fold: Fold, scores: Mapping[str, NDArray[np.float64]]
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the scenario ``name`` on ``fold``, in the order of ``records.runs.Target.columns``.

    ``scores`` (n,) or (n, K) of each part are those of ``losses.scores_of``. The truth of an unknown label is ``None``.
    """
    positions, truth = dict(fold.parts()), cases.columns
    written = float if cases.is_number else _truth
    for part, of_part in scores.items():
        at = positions[part]
        cells = np.column_stack([truth[at], of_part]).tolist()
        half = len(cells[0]) // 2 if cells else 0
        for row, cell in zip(at.tolist(), cells, strict=True):
            patient = cases.patient_ids[cases.patients[row]]
            yield (name, fold.repeat, fold.fold, part, row, patient, *map(written, cell[:half]), *cell[half:])


def _truth(value: float) -> int | None:
    return None if value == UNKNOWN else int(value)
