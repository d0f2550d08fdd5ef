"""Are scores probabilities? Reliability per setting, and the effect of recalibration on the inner parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radtl_tf.evaluation.inference.corrected_t import fold_mean
from radtl_tf.evaluation.metrics import metric_table
from radtl_tf.evaluation.metrics.auroc import of_known
from radtl_tf.evaluation.metrics.recalibration import Cases, Map, by_class, platt, temperature, temperature_of_classes
from radtl_tf.evaluation.metrics.secondary import NUM_BINS, adaptive_bins
from radtl_tf.evaluation.question.chosen_runs import Side
from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS, num_stuck, setting_row
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunKey, RunParts
from radtl_tf.evaluation.secondary.inner_patients import too_few_inner
from radtl_tf.records.experiment import Kind
from radtl_tf.records.runs import Setting

Fit = Callable[[Sequence[Cases]], list[Map]]
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
    rows = [] if reason else _rows(record, values, settings, _recalibrated(record, parts, settings))
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


def _rows(
    record: ExperimentRecord, values: RunValues, settings: dict[Setting, Side], table: dict[str, dict[RunKey, float]]
) -> list[tuple[object, ...]]:
    """Return the rows of ``estimates.csv``; ``table`` comes from ``_recalibrated``."""
    return [
        setting_row(
            *(record, setting, name, side.of(of_run.__getitem__)),
            metric_table.BY_NAME[name.split(": ")[1]].bounds(record.target.kind),
            num_stuck(values, side),
        )
        for setting, side in settings.items()
        for name, of_run in table.items()
    ]


def _recalibrated(
    record: ExperimentRecord, parts: RunParts, settings: dict[Setting, Side]
) -> dict[str, dict[RunKey, float]]:
    """Return each metric of each map, such as ``temperature: Brier``: per run its value on the test part."""
    runs = list(dict.fromkeys(run for side in settings.values() for run in side.keys))
    inner, tests = ([(of.truth, of.score) for of in map(part, runs)] for part in (parts.inner, parts.test))
    found, kind = {}, record.target.kind
    for name, fit in MAPS[kind].items():
        cases = [(truth, apply(score)) for (truth, score), apply in zip(tests, fit(inner), strict=True)]
        for metric in metric_table.OF_PROBABILITIES:
            found[f"{name}: {metric.name}"] = dict(zip(runs, metric.values(kind, cases), strict=True))
    return found


def _notes(record: ExperimentRecord, reason: str) -> Iterator[str]:
    if reason:
        yield f"No recalibration: {reason}."
    elif record.experiment.training.class_weights == "balanced":
        yield (
            "Balanced class weights make scores too high for the rarer class. The table Recalibration shows the "
            "scores after recalibration on the inner parts."
        )
