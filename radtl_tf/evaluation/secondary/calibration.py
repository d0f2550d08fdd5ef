"""Are scores probabilities? Reliability per setting, and the effect of recalibration on the inner parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radtl_tf.evaluation.inference.corrected_t import fold_mean
from radtl_tf.evaluation.metrics.auroc import Score, Truth, of_known
from radtl_tf.evaluation.metrics.metric_table import OF_PROBABILITIES
from radtl_tf.evaluation.metrics.recalibration import Map, by_class, platt, temperature, temperature_of_classes
from radtl_tf.evaluation.metrics.secondary import NUM_BINS, adaptive_bins
from radtl_tf.evaluation.question.chosen_runs import Side
from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS, num_stuck, setting_row
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunKey, RunParts
from radtl_tf.evaluation.secondary.inner_patients import too_few_inner
from radtl_tf.records.experiment import Kind
from radtl_tf.records.runs import Setting

Fit = Callable[[Truth, Score], Map]
MAPS: dict[Kind, dict[str, Fit]] = {
    "binary": {"Platt scaling": platt, "temperature": temperature},
    "multiclass": {"temperature": temperature_of_classes},
    "ordinal": {"Platt scaling": by_class(platt), "temperature": by_class(temperature)},
    "multilabel": {"Platt scaling": by_class(platt), "temperature": by_class(temperature)},
}
RELIABILITY_COLUMNS = ("scenario", "class", "bin", "score", "share", "sd", "cases", "share_low", "share_high")
_MIN_CASES = 5  # per bin and fold
_NO_BINS = pd.DataFrame(columns=list(RELIABILITY_COLUMNS))


@dataclass(frozen=True)
class Calibration:
    """``estimates``: rows of ``estimates.csv``, metric such as ``Platt scaling: Brier``.

    ``reliability``: per setting (``scenario``), ``class`` (empty in a binary task) and ``bin`` the mean ``score``
    (0..1), the ``share`` of positives (0..1) with its ``sd`` over the folds, the number of ``cases``, and the ends
    ``share_low`` and ``share_high`` of the share's 95 % interval (corrected resampled t). ``notes``: why there is no
    recalibration, or why it is needed.
    """

    estimates: pd.DataFrame
    reliability: pd.DataFrame
    notes: tuple[str, ...]


def calibration(
    record: ExperimentRecord,
    values: RunValues,
    parts: RunParts,
    counts: pd.DataFrame,
    settings: dict[Setting, Side],
) -> Calibration:
    """Return the calibration of every setting at its chosen learning rates; ``counts`` come from ``part_counts``."""
    if record.target.is_number:  # no probabilities
        return Calibration(pd.DataFrame(columns=list(ESTIMATE_COLUMNS)), _NO_BINS, ())
    reason = too_few_inner(counts, record.target)
    names = record.target.outputs or ("",)
    rows = [] if reason else [row for of in settings.items() for row in _recalibrated(record, values, parts, *of)]
    return Calibration(
        estimates=pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS)),
        reliability=pd.concat(
            [reliability(parts, side, *of) for side in settings.values() for of in enumerate(names)], ignore_index=True
        ),
        notes=tuple(_notes(record, reason)),
    )


def reliability(parts: RunParts, side: Side, number: int = 0, name: str = "") -> pd.DataFrame:
    """Return the reliability of a setting over the folds of the first repeat, which tests every case once.

    With several classes, for the class ``name`` with this ``number``.

    Scores of different folds come from different networks and are not pooled: each fold is divided into bins with equal
    numbers of cases, and bin i shows the means over the folds of their i-th bins. There are up to ten bins, with at
    least five cases each in the smallest fold.
    """
    tests = [parts.test(run) for run in side.of_repeat(0)]
    pairs = [
        (of.truth, of.score) if of.truth.ndim == 1 else of_known(of.truth[:, number], of.score[:, number])
        for of in tests
    ]
    num_bins = max(1, min(NUM_BINS, min(len(truth) for truth, _ in pairs) // _MIN_CASES))
    bins = np.array([adaptive_bins(*pair, num_bins) for pair in pairs])  # (folds, 3, bins)
    scores, shares, cases = bins.transpose(1, 0, 2)
    means = scores.mean(0), shares.mean(0), shares.std(axis=0, ddof=1), cases.sum(0).astype(int)
    ends = np.clip([fold_mean(of_bin, len(tests)).interval() for of_bin in shares.T], 0, 1).T
    columns = [side.name] * num_bins, [name] * num_bins, range(num_bins), *means, *ends
    return pd.DataFrame(dict(zip(RELIABILITY_COLUMNS, columns, strict=True)))


def _recalibrated(
    record: ExperimentRecord, values: RunValues, parts: RunParts, setting: Setting, side: Side
) -> Iterator[tuple[object, ...]]:
    stuck = num_stuck(values, side)
    for name, fit in MAPS[record.target.kind].items():
        scores = {run: _apply(fit, parts, run) for run in side.keys}
        for metric in OF_PROBABILITIES:
            value = metric.of(record.target.kind)
            found = {run: value(parts.test(run).truth, score) for run, score in scores.items()}
            per_fold, bounds = side.of(found.__getitem__), metric.bounds(record.target.kind)
            yield setting_row(record, setting, f"{name}: {metric.name}", per_fold, bounds, stuck)


def _apply(fit: Fit, parts: RunParts, run: RunKey) -> Score:
    """Return the scores of a run's test part after the map fitted on its inner part."""
    inner = parts.inner(run)
    return fit(inner.truth, inner.score)(parts.test(run).score)


def _notes(record: ExperimentRecord, reason: str) -> Iterator[str]:
    if reason:
        yield f"No recalibration: {reason}."
    elif record.experiment.training.class_weights == "balanced":
        yield (
            "Balanced class weights make scores too high for the rarer class. The table Recalibration shows the "
            "scores after recalibration on the inner parts."
        )
