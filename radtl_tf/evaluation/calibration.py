"""Are scores probabilities? Reliability per setting, and what recalibration on the inner parts makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radtl_tf.evaluation.choices import Values
from radtl_tf.evaluation.estimates import ESTIMATE_COLUMNS, num_stuck, setting_row
from radtl_tf.evaluation.inner import too_few_inner
from radtl_tf.evaluation.recalibration import Map, platt, temperature
from radtl_tf.evaluation.record import Record
from radtl_tf.evaluation.run_parts import RunKey, RunParts, Score, Truth
from radtl_tf.evaluation.scores import METRICS, NUM_BINS, adaptive_bins
from radtl_tf.evaluation.sides import Side
from radtl_tf.records.runs import Setting

MAPS: dict[str, Callable[[Truth, Score], Map]] = {"Platt scaling": platt, "temperature": temperature}
MEASURES = ("Brier", "log loss", "ECE", "calibration slope", "calibration intercept")
RELIABILITY_COLUMNS = ("scenario", "bin", "score", "share", "sd", "cases")
_MIN_CASES = 5  # per bin and fold


@dataclass(frozen=True)
class Calibration:
    """``estimates``: rows of ``estimates.csv``, metric such as ``Platt scaling: Brier``.

    ``reliability``: per setting (``scenario``) and ``bin`` the mean ``score`` (0..1), the ``share`` of positives (0..1)
    with its ``sd`` over the folds, and the number of ``cases``. ``notes``: why there is no recalibration, or that it is
    needed.
    """

    estimates: pd.DataFrame
    reliability: pd.DataFrame
    notes: tuple[str, ...]


def calibration(
    record: Record, values: Values, parts: RunParts, counts: pd.DataFrame, settings: dict[Setting, Side]
) -> Calibration:
    """Return the calibration of every setting at its chosen learning rates; ``counts`` as of ``part_counts``."""
    reason = too_few_inner(counts)
    rows = [] if reason else [row for of in settings.items() for row in _recalibrated(record, values, parts, *of)]
    return Calibration(
        estimates=pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS)),
        reliability=pd.concat([reliability(parts, side) for side in settings.values()], ignore_index=True),
        notes=tuple(_notes(record, reason)),
    )


def reliability(parts: RunParts, side: Side) -> pd.DataFrame:
    """Return the reliability of a setting over the folds of the first repeat, in which every case is tested once.

    The scores of two folds are of two networks. So they are not pooled: each fold is divided into bins of equally many
    cases, and bin i shows the means over the folds of their i-th bins. Up to ten bins, as many as leave each five cases
    in the smallest fold.
    """
    tests = [parts.test(run) for run in side.of_repeat(0)]
    num_bins = max(1, min(NUM_BINS, min(len(test.case) for test in tests) // _MIN_CASES))
    bins = np.array([adaptive_bins(test.truth, test.score, num_bins) for test in tests])  # (folds, 3, bins)
    scores, shares, cases = bins.transpose(1, 0, 2)
    sds = shares.std(axis=0, ddof=1)
    columns = ([side.name] * num_bins, range(num_bins), scores.mean(0), shares.mean(0), sds, cases.sum(0).astype(int))
    return pd.DataFrame(dict(zip(RELIABILITY_COLUMNS, columns, strict=True)))


def _recalibrated(
    record: Record, values: Values, parts: RunParts, setting: Setting, side: Side
) -> Iterator[tuple[object, ...]]:
    stuck = num_stuck(values, side)
    for name, fit in MAPS.items():
        scores = {run: _apply(fit, parts, run) for run in side.keys}
        for measure in MEASURES:
            metric = METRICS[measure]
            found = {run: metric.function(parts.test(run).truth, score) for run, score in scores.items()}
            per_fold = side.of(found.__getitem__)
            yield setting_row(record, setting, f"{name}: {measure}", per_fold, (metric.low, metric.high), stuck)


def _apply(fit: Callable[[Truth, Score], Map], parts: RunParts, run: RunKey) -> Score:
    """Return the scores of a run's test part after the map that its inner part gave."""
    inner = parts.inner(run)
    return fit(inner.truth, inner.score)(parts.test(run).score)


def _notes(record: Record, reason: str) -> Iterator[str]:
    if reason:
        yield f"No recalibration: {reason}."
    elif record.experiment["training"]["class_weights"] == "balanced":
        yield (
            "Balanced class weights make scores too high for the rarer class: the table Recalibration shows what maps "
            "fitted on the inner parts make of them."
        )
