"""Selective prediction: how many errors remain if the least confident cases go to a human reader."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.evaluation.metrics.auroc import Score
from radtl_tf.evaluation.metrics.secondary import decisions
from radtl_tf.evaluation.question.chosen_runs import Side
from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS, num_stuck, setting_row
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunKey, RunParts
from radtl_tf.records.runs import Setting

COVERAGES = (100, 90, 80, 70, 50)  # percent
AREA = "area under risk-coverage"


def risk_coverage(wrong: NDArray[np.bool_], confidence: Score) -> Score:
    """Return (n,): the error rate (0..1) among the 1, 2, ... n most confident decisions.

    Decisions of equal confidence share their errors, so their order does not matter (El-Yaniv & Wiener, JMLR 2010).
    """
    rounded = np.round(confidence, 12)  # 0.5 - 0.2 and 0.8 - 0.5 differ in the last bit
    _, place, number = np.unique(-rounded, return_inverse=True, return_counts=True)
    share = np.bincount(place, weights=wrong) / number
    return np.cumsum(np.repeat(share, number)) / np.arange(1, len(wrong) + 1)


def risk_at(curve: Score, coverage: float) -> float:
    """Return the error rate at a coverage (above 0, to 1) of ``risk_coverage``'s curve: among the first ceil(c n)."""
    return float(curve[math.ceil(round(coverage * len(curve), 9)) - 1])


def area_under(curve: Score) -> float:
    """Return the mean of the curve over all coverages, 0..1 (AURC: Geifman, Uziel & El-Yaniv, ICLR 2019)."""
    return float(curve.mean())


def selective(
    record: ExperimentRecord, values: RunValues, parts: RunParts, settings: dict[Setting, Side]
) -> pd.DataFrame:
    """Return rows of ``estimates.csv``: per setting the error rate at each coverage and the area under the curve.

    A regression has none: its predictions come without a confidence.
    """
    rows = []
    for setting, side in settings.items() if not record.target.is_number else ():
        curves = {run: _curve(record, parts, run) for run in side.keys}
        stuck = num_stuck(values, side)
        for coverage in COVERAGES:
            per_fold = side.of(lambda run, at=coverage, of=curves: risk_at(of[run], at / 100))  # type: ignore[misc]
            rows.append(setting_row(record, setting, at_coverage(coverage), per_fold, (0, 1), stuck))
        areas = side.of(lambda run, of=curves: area_under(of[run]))  # type: ignore[misc]
        rows.append(setting_row(record, setting, AREA, areas, (0, 1), stuck))
    return pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))


def at_coverage(coverage: int) -> str:
    """Return the name of the error rate at a coverage in percent."""
    return f"error rate at {coverage} % coverage"


def _curve(record: ExperimentRecord, parts: RunParts, run: RunKey) -> Score:
    test = parts.test(run)
    return risk_coverage(*decisions(record.target.kind, test.truth, test.score))
