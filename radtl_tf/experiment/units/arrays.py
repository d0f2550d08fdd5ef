"""Cases and folds of a prepared experiment as arrays in one file, which opens in milliseconds."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import Cases, LabelCounts
from radtl_tf.records.experiment_facts import UnknownFacts

_CASES = ("examples", "truth", "patients")
_PARTS = ("train", "inner", "test")
_NOT_SHOWN = -1  # a fold that shows every training image once


def arrays_of(cases: Cases, folds: Sequence[Fold]) -> bytes:
    """Return the content of the file: the same bytes for the same cases and folds."""
    arrays: dict[str, Any] = {name: getattr(cases, name) for name in _CASES}
    arrays |= {"patient_ids": np.array(cases.patient_ids), "classes": np.array(cases.classes, str)}
    if cases.linked is not None:
        arrays["linked"] = cases.linked
    for part in _PARTS:
        positions = [getattr(fold, part) for fold in folds]
        arrays[part] = np.concatenate(positions)
        arrays[f"{part}_ends"] = np.cumsum([len(each) for each in positions])
    arrays["numbers"] = np.array(
        [(f.repeat, f.fold, f.fixed_epochs, _NOT_SHOWN if f.shown is None else f.shown) for f in folds]
    )
    with io.BytesIO() as file:
        np.savez(file, **arrays)
        return file.getvalue()


def read_arrays(path: Path, *, kind: Any, unit: Any, unknown: UnknownFacts | None) -> tuple[Cases, list[Fold]]:
    """Return cases and folds of a file that ``arrays_of`` made; what it does not hold is given.

    Raises:
        OSError, ValueError, KeyError: the file is missing, or not such a file.
    """
    with np.load(path, allow_pickle=False) as arrays:
        cases = Cases(
            **{name: arrays[name] for name in _CASES},
            patient_ids=tuple(arrays["patient_ids"].tolist()),
            classes=tuple(arrays["classes"].tolist()),
            unit=unit,
            kind=kind,
            linked=arrays["linked"] if "linked" in arrays else None,
            gaps=LabelCounts(unknown.missing, unknown.uncertain, unknown.left_out) if unknown else LabelCounts(),
        )
        parts = {part: np.split(arrays[part], arrays[f"{part}_ends"][:-1]) for part in _PARTS}
        return cases, [
            _fold(row, {part: parts[part][at] for part in _PARTS}) for at, row in enumerate(arrays["numbers"])
        ]


def _fold(row: NDArray[np.int64], parts: dict[str, NDArray[np.int64]]) -> Fold:
    repeat, fold, fixed, shown = row.tolist()
    return Fold(repeat, fold, **parts, fixed_epochs=bool(fixed), shown=None if shown == _NOT_SHOWN else shown)
