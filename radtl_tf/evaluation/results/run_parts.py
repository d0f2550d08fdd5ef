"""The predictions of each run for each of its parts: arrays of truth and score, one value per unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.evaluation.metrics.auroc import Score, Truth
from radtl_tf.evaluation.results.predictions import RUN
from radtl_tf.evaluation.results.units import arrays, by_unit
from radtl_tf.records.experiment import Unit
from radtl_tf.records.runs import BINARY, Target

RunKey = tuple[str, int, int]  # scenario, repeat, fold


@dataclass(frozen=True)
class RunPart:
    """The inner or the test part of one run: ``case`` (n,), ascending, ``truth`` (n,) 0 or 1, ``score`` (n,) 0..1.

    ``patient`` (n,) is the patient of each case.

    With several classes, truth and score are (n, K); of a regression they are (n,) numbers in the unit of the label. A
    case is an example, or a patient if the unit is the patient.
    Runs of one fold and repeat have the same cases.
    """

    case: NDArray[Any]
    truth: Truth
    score: Score
    patient: NDArray[Any]


class RunParts:
    """The parts of every run of an experiment, per ``unit``."""

    def __init__(self, predictions: pd.DataFrame, unit: Unit, target: Target = BINARY) -> None:
        """Arrange the rows of ``read_predictions``.

        Raises:
            DataError: ``unit`` is ``patient`` and a patient has images of different classes.
        """
        self._arrange(by_unit(predictions, unit, target), unit, target)

    @classmethod
    def of_units(cls, units: pd.DataFrame, unit: Unit, target: Target = BINARY) -> RunParts:
        """Arrange the rows of ``by_unit``."""
        parts = cls.__new__(cls)
        parts._arrange(units, unit, target)
        return parts

    def _arrange(self, units: pd.DataFrame, unit: Unit, target: Target) -> None:
        case = "patient" if unit == "patient" else "example"
        rows = units.iloc[_ascending(units[case])]
        self._columns = [rows[case].to_numpy(), *arrays(rows, target), rows["patient"].to_numpy()]
        self._known: dict[tuple[str, int, int, str], RunPart] = {}  # every analysis asks for the same parts
        self._places = cast(dict[Any, NDArray[np.int64]], rows.groupby([*RUN, "part"], sort=False).indices)

    def test(self, run: RunKey) -> RunPart:
        """Return the test part of a run."""
        return self._part(run, "test")

    def inner(self, run: RunKey) -> RunPart:
        """Return the inner part of a run."""
        return self._part(run, "inner")

    def _part(self, run: RunKey, part: str) -> RunPart:
        key = (*run, part)
        if key not in self._known:
            self._known[key] = RunPart(*(column[self._places[key]] for column in self._columns))
        return self._known[key]


def _ascending(cases: pd.Series) -> NDArray[np.int64]:
    """Return the places (n,) of the rows in ascending order; equal ones keep theirs. Texts are compared once each."""
    codes, _ = pd.factorize(cases, sort=True)
    return np.argsort(codes, kind="stable")
