"""Operating points: thresholds chosen on the inner part of each run, and their rates on its test part."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radtl_tf.evaluation.metrics.auroc import Score, Truth
from radtl_tf.evaluation.metrics.metric_table import RATES
from radtl_tf.evaluation.question.chosen_runs import Side
from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS, num_stuck, setting_row
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunKey, RunParts
from radtl_tf.evaluation.secondary.inner_patients import too_few_inner
from radtl_tf.records.operating_points import OperatingPoint, operating_points
from radtl_tf.records.runs import Setting

_ROUNDING = 1e-9  # a mean of k ones in n may miss k / n by this


@dataclass(frozen=True)
class Calls:
    """The cross-tabulation of truth and call at a threshold, in cases."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def rates(self) -> dict[str, float]:
        """Return sensitivity, specificity, PPV, NPV and F1, each 0..1; ``nan`` if the denominator is 0."""
        tp, fp, fn, tn = self.true_positive, self.false_positive, self.false_negative, self.true_negative
        fractions = ((tp, tp + fn), (tn, tn + fp), (tp, tp + fp), (tn, tn + fn), (2 * tp, 2 * tp + fp + fn))
        return {rate.name: part / of if of else math.nan for rate, (part, of) in zip(RATES, fractions, strict=True)}


@dataclass(frozen=True)
class OperatingPoints:
    """``estimates``: rows of ``estimates.csv``, metric such as ``youden: sensitivity``.

    ``thresholds``: per setting (``scenario``) and ``point`` the ``mean``, ``low`` and ``high`` of the thresholds over
    all folds, and the cross-tabulation summed over the first repeat, which tests every case once. ``notes``: why
    there are none.
    """

    estimates: pd.DataFrame
    thresholds: pd.DataFrame
    notes: tuple[str, ...]


def at_operating_points(
    record: ExperimentRecord,
    values: RunValues,
    parts: RunParts,
    counts: pd.DataFrame,
    settings: dict[Setting, Side],
) -> OperatingPoints:
    """Return the results of the settings at the requested points; ``counts`` come from ``part_counts``."""
    points = operating_points(record.experiment.evaluation.operating_points)
    reason = too_few_inner(counts)
    possible = () if reason else points
    notes = (f"No operating points: {reason}.",) if points and reason else ()
    rows, thresholds = [], []
    for setting, side in settings.items():
        stuck = num_stuck(values, side)
        for point in possible:
            chosen = {run: choose_threshold(point, parts.inner(run).truth, parts.inner(run).score) for run in side.keys}
            calls = {run: cross_tabulate(parts.test(run).truth, parts.test(run).score, chosen[run]) for run in chosen}
            rows += list(_estimates(record, setting, point, side, calls, stuck))
            thresholds.append((setting.name, point.name, *_thresholds(side, chosen, calls)))
    return OperatingPoints(
        pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS)), pd.DataFrame(thresholds, columns=list(_COLUMNS)), notes
    )


def choose_threshold(point: OperatingPoint, truth: Truth, score: Score) -> float:
    """Return the threshold for ``point`` on ``truth`` (n,) and ``score`` (n,); from it on, scores are called positive.

    It is midway between two neighboring scores, at the lowest score or just above the highest. ``youden`` maximizes
    sensitivity + specificity (Youden, Cancer 1950); among equals, the lowest threshold. For a sensitivity it is the
    highest threshold that reaches it, for a specificity the lowest.
    """
    known = np.unique(score)
    thresholds = np.concatenate([known[:1], (known[1:] + known[:-1]) / 2, [np.nextafter(known[-1], np.inf)]])
    sensitivity = 1 - _share_below(score[truth == 1], thresholds)
    specificity = _share_below(score[truth == 0], thresholds)
    if point.target is None:
        index = np.round(sensitivity + specificity, 9)
        return float(thresholds[np.argmax(index)])
    if point.aim == "sensitivity":
        return float(thresholds[sensitivity >= point.target - _ROUNDING][-1])
    return float(thresholds[specificity >= point.target - _ROUNDING][0])


def cross_tabulate(truth: Truth, score: Score, threshold: float) -> Calls:
    """Return the counts of ``truth`` (n,) against the call: a ``score`` (n,) of ``threshold`` or more is positive."""
    called, positive = score >= threshold, truth == 1
    pairs = ((called, positive), (called, ~positive), (~called, positive), (~called, ~positive))
    return Calls(*(int((call & is_so).sum()) for call, is_so in pairs))


_CELLS = tuple(Calls.__dataclass_fields__)
_COLUMNS = ("scenario", "point", "mean", "low", "high", *_CELLS)


def _share_below(scores: Score, thresholds: Score) -> Score:
    return np.searchsorted(np.sort(scores), thresholds, side="left") / len(scores)


def _estimates(
    record: ExperimentRecord,
    setting: Setting,
    point: OperatingPoint,
    side: Side,
    calls: dict[RunKey, Calls],
    stuck: int,
) -> Iterator[tuple[object, ...]]:
    for rate in RATES:
        per_fold = side.of(lambda run, rate=rate: calls[run].rates[rate.name])  # type: ignore[misc]
        yield setting_row(record, setting, f"{point.name}: {rate.name}", per_fold, (0, 1), stuck)


def _thresholds(side: Side, chosen: dict[RunKey, float], calls: dict[RunKey, Calls]) -> tuple[float, ...]:
    found = list(chosen.values())
    first = [calls[run] for run in side.of_repeat(0)]
    sums = (sum(getattr(of_fold, cell) for of_fold in first) for cell in _CELLS)
    return float(np.mean(found)), min(found), max(found), *sums
