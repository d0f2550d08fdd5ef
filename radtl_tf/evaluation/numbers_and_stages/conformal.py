"""Conformal intervals of single predictions: how wide is an interval that holds the truth of 90 % of the patients?

Split conformal prediction (Vovk, Gammerman & Shafer 2005; Lei et al., JASA 2018) with the inner part of each run as
calibration part. If the cases are exchangeable and took no part in training, the interval holds the truth of a new
case with a probability of at least 90 %, on average over all cases, not for each kind of patient. Here the inner part
has also chosen the epoch and the learning rate, so its errors are slightly too small and the guarantee is approximate;
the coverage on the test part shows by how much. With several images per patient as cases, they are not exchangeable.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from radtl_tf.evaluation.metrics.auroc import Score
from radtl_tf.evaluation.question.chosen_runs import Side
from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS, num_stuck, setting_row
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunKey, RunParts
from radtl_tf.records.runs import Setting

LEVEL = 0.9  # share of the cases that an interval should hold; needs 9 cases in the inner part
HALF_WIDTH, COVERAGE = f"conformal half-width ({LEVEL:.0%})", f"conformal coverage ({LEVEL:.0%})"


def half_width(residuals: Score, level: float = LEVEL) -> float:
    """Return the half-width of the interval, in the unit of the label, from n absolute ``residuals`` (n,).

    It is the k-th smallest of them, k = (n + 1) x ``level`` rounded up (Lei et al. 2018, algorithm 2); ``nan`` if n is
    too small for the level.

    >>> half_width(np.arange(1.0, 10.0)), half_width(np.arange(1.0, 9.0))
    (9.0, nan)
    """
    place = math.ceil(round((len(residuals) + 1) * level, 9))
    return float(np.sort(residuals)[place - 1]) if place <= len(residuals) else math.nan


def conformal(
    record: ExperimentRecord, values: RunValues, parts: RunParts, settings: dict[Setting, Side]
) -> pd.DataFrame:
    """Return rows of ``estimates.csv``: per setting half-width and coverage; none if the task is not a regression."""
    rows = [
        row
        for setting, side in (settings.items() if record.target.is_number else ())
        for row in _rows(record, values, parts, setting, side)
    ]
    return pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))


def _rows(
    record: ExperimentRecord, values: RunValues, parts: RunParts, setting: Setting, side: Side
) -> Iterator[tuple[object, ...]]:
    stuck = num_stuck(values, side)
    widths = {run: _half_width(parts, run) for run in side.keys}
    yield setting_row(record, setting, HALF_WIDTH, side.of(widths.__getitem__), (0, math.inf), stuck)
    covered = side.of(lambda run: _coverage(parts, run, widths[run]))
    yield setting_row(record, setting, COVERAGE, covered, (0, 1), stuck)


def _half_width(parts: RunParts, run: RunKey) -> float:
    inner = parts.inner(run)
    return half_width(np.abs(inner.score - inner.truth))


def _coverage(parts: RunParts, run: RunKey, width: float) -> float:
    """Return the share (0..1) of the test part within ``width`` of its prediction; ``nan`` without a width."""
    test = parts.test(run)
    return math.nan if math.isnan(width) else float((np.abs(test.score - test.truth) <= width).mean())
