"""ROC and precision-recall curves, averaged over the folds, for the settings of the question."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.evaluation.inference.repeated_folds import measured_mean
from radtl_tf.evaluation.metrics.auroc import over_classes
from radtl_tf.evaluation.question.contrasts import side
from radtl_tf.evaluation.question.inner_choice import Measured, RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunParts
from radtl_tf.records.runs import Scenario

Numbers = NDArray[np.float64]
QUESTION = "question"  # panel of the question's two sides, if each has more than one setting
ROC, PRECISION_RECALL = "roc", "precision-recall"
_ROUNDING = 1e-9  # points of the grid and of the curve within this distance count as equal
GRID: Numbers = np.linspace(0, 1, 101)
CURVE_COLUMNS = ("kind", "panel", "name", "weights", "x", "mean", "low", "high", "auroc", "ci_low", "ci_high")


@dataclass(frozen=True)
class Line:
    """One line of a figure: ``name`` (a side of the question) in one ``panel``.

    ``chosen`` has per (repeat, fold) the scenario chosen by inner loss, ``measured`` its test AUROC.
    """

    panel: str
    name: str
    weights: str
    chosen: pd.Series
    measured: Measured

    @property
    def runs(self) -> list[tuple[str, int, int]]:
        """The (scenario, repeat, fold) of every run that the line shows."""
        places = self.chosen.index.to_frame(index=False)
        return list(zip(self.chosen, places["repeat"], places["fold"], strict=True))


def roc(truth: NDArray[np.int64], score: Numbers, grid: Numbers = GRID) -> Numbers:
    """Return the sensitivity (G,) at each false-positive rate of ``grid`` (G,), for ``truth`` (n,) and ``score`` (n,).

    It is linear between the points of the empirical curve, which counts ties half, as the AUROC does (Fawcett, Pattern
    Recognition Letters 2006); at a vertical step it takes the upper end.

    >>> roc(np.array([0, 1, 0, 1]), np.array([0.1, 0.9, 0.8, 0.7]), np.array([0.0, 0.25, 0.5, 1.0])).tolist()
    [0.5, 0.5, 1.0, 1.0]
    """
    found, false = _counts(truth, score)
    x, y = np.append(0.0, false / false[-1]), np.append(0.0, found / found[-1])
    at = np.searchsorted(x, grid + _ROUNDING, side="right") - 1
    after = np.minimum(at + 1, len(x) - 1)
    width = np.where(after > at, x[after] - x[at], 1.0)
    return y[at] + (y[after] - y[at]) * np.maximum(grid - x[at], 0) / width


def precision_recall(truth: NDArray[np.int64], score: Numbers, grid: Numbers = GRID) -> Numbers:
    """Return the precision (G,) at the highest threshold that reaches each sensitivity of ``grid`` (G,).

    It is a step function, and the area under it is the average precision: lines between points of this curve are too
    optimistic (Davis & Goadrich, ICML 2006).

    >>> precision_recall(np.array([0, 1, 0, 1]), np.array([0.1, 0.9, 0.8, 0.7]), np.array([0.5, 0.6])).round(3).tolist()
    [1.0, 0.667]
    """
    found, false = _counts(truth, score)
    precision = found / (found + false)
    wanted = np.maximum(np.ceil(grid * found[-1] - _ROUNDING), 1)
    return precision[np.searchsorted(found, wanted)]


def _counts(truth: NDArray[np.int64], score: Numbers) -> tuple[Numbers, Numbers]:
    """Return positives and negatives at or above each distinct score, the highest first; both classes are present."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)
    positives = np.cumsum(truth[order] == 1)[last]
    return positives.astype(float), np.arange(1, len(truth) + 1)[last] - positives.astype(float)


_KINDS: dict[str, Callable[[NDArray[np.int64], Numbers], Numbers]] = {ROC: roc, PRECISION_RECALL: precision_recall}


def lines(record: ExperimentRecord, values: RunValues) -> list[Line]:
    """Return a line per setting of the question's weights, its learning rate chosen by inner loss in every fold.

    Weights with two possible conventions have a line for each. If a question over selected scenarios chooses between
    several settings, its two sides come first, as the panel ``question``. Without a question all weights are shown.
    """
    question = record.question
    compared = question.compare if question else record.experiment.grid.weights
    sides = [(weights, entry) for weights in compared for entry in record.candidates(weights)]
    found = list(_by_setting(record, values, sides))
    chooses = question is not None and question.over == "selected" and len({line.panel for line in found}) > 1
    asked = [
        _line(values, (QUESTION, side(record, *of), of[0]), record.family(*of)) for of in (sides if chooses else ())
    ]
    return asked + found


def _by_setting(record: ExperimentRecord, values: RunValues, sides: Sequence[tuple[str, str]]) -> Iterator[Line]:
    for weights, entry in sides:
        family = record.family(weights, entry)
        for setting in dict.fromkeys(scenario.setting for scenario in family):
            names = f"{setting.network}, {setting.tuning}", side(record, weights, entry), weights
            yield _line(values, names, [scenario for scenario in family if scenario.setting == setting])


def _line(values: RunValues, names: tuple[str, str, str], scenarios: Sequence[Scenario]) -> Line:
    chosen = values.choose(scenarios)
    return Line(*names, chosen, values.measured_at(chosen))


def curve_table(record: ExperimentRecord, shown: Sequence[Line], parts: RunParts) -> pd.DataFrame:
    """Return per line, ``kind`` and ``x`` (0..1) the mean over all folds and repeats and the lowest and highest fold.

    Curves, also of several classes, are averaged vertically: ``x`` is the false-positive rate or the sensitivity.
    Scores of different folds are never pooled. ``low`` and ``high`` are a range, not an interval.
    ``auroc`` is the mean over the folds, with its 95 % interval as in ``estimates.csv``. A regression has no curves.
    """
    if record.target.is_number:
        return pd.DataFrame(columns=list(CURVE_COLUMNS))
    tables = [_averaged(kind, line, parts, record.num_folds) for kind in _KINDS for line in shown]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(CURVE_COLUMNS))


def _curve(kind: str, truth: NDArray[np.int64], score: Numbers) -> Numbers:
    """Return the curve (G,) of a run; with several classes (n, K), the mean over them."""
    of_one = _KINDS[kind]
    return of_one(truth, score) if truth.ndim == 1 else over_classes(of_one)(truth, score)


def _averaged(kind: str, line: Line, parts: RunParts, folds: int) -> pd.DataFrame:
    curves = np.stack([_curve(kind, test.truth, test.score) for test in map(parts.test, line.runs)])
    area = measured_mean(line.measured.folds.to_numpy(), folds, line.measured.patients)
    low, high = area.interval_of_share()
    return pd.DataFrame(
        {
            **{"kind": kind, "panel": line.panel, "name": line.name, "weights": line.weights, "x": GRID},
            **{"mean": curves.mean(axis=0), "low": curves.min(axis=0), "high": curves.max(axis=0)},
            **{"auroc": area.mean, "ci_low": low, "ci_high": high},
        }
    )
