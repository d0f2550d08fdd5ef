"""Cases and folds as one file of arrays."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import Cases, LabelCounts
from radtl_tf.experiment.units.arrays import arrays_of, read_arrays
from radtl_tf.records.experiment_facts import UnknownFacts


def equal(first: Any, second: Any) -> bool:
    """Compare two records field by field, arrays with their types."""
    pairs = [(getattr(first, field.name), getattr(second, field.name)) for field in fields(first)]
    return all(a.dtype == b.dtype and np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in pairs)


@pytest.mark.parametrize("kind", ["binary", "multilabel", "regression"])
def test_cases_and_folds_are_the_same_after_reading(kind: Any, tmp_path: Path) -> None:
    truth: Any = {
        "binary": np.array([0, 1, 1, 0]),
        "multilabel": np.array([[0, 1], [-1, 1], [1, 0], [0, 0]]),
        "regression": np.array([1.5, 2.25, 0.1, -3]),
    }[kind]
    classes = () if kind == "regression" else ("well", "krank ü")
    gaps = LabelCounts({"a": 1}, {"a": 2}, 3) if kind == "multilabel" else LabelCounts()
    linked = np.array([0, 0, 1, 2]) if kind == "binary" else None
    cases = Cases(np.arange(4), truth, np.arange(4), ("p", "q", "r", "s"), classes, "patient", kind, linked, gaps)
    folds = [
        Fold(0, 0, np.array([0]), np.array([1]), np.array([2, 3]), fixed_epochs=True),
        Fold(0, 1, np.array([2, 3]), np.array([], np.int64), np.array([0, 1]), fixed_epochs=False, shown=7),
    ]
    path = tmp_path / "prepared.npz"
    path.write_bytes(arrays_of(cases, folds))
    assert arrays_of(cases, folds) == path.read_bytes()
    unknown = UnknownFacts(missing={"a": 1}, uncertain={"a": 2}, left_out=3) if gaps else None
    read, again = read_arrays(path, kind=kind, unit="patient", unknown=unknown)
    assert equal(read, cases)
    assert all(equal(one, other) for one, other in zip(again, folds, strict=True))
    assert not equal(read, replace(cases, patients=np.arange(4)[::-1]))
