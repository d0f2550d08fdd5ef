"""How much the AUROC of a setting's fitted models would vary with other test patients."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from radtl_tf.evaluation.inference.ledell import FittedMean, fitted_mean
from radtl_tf.evaluation.question.chosen_runs import Side
from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS, num_stuck
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunParts
from radtl_tf.records.runs import SELECTED, Setting

FITTED = "auroc, these fitted models only"
_NONE = math.nan, math.nan  # by the fold values alone
_METHOD = "mean over the folds of the first repeat, influence curve, patients as clusters (LeDell et al. 2015)"


def fitted_models(
    record: ExperimentRecord, values: RunValues, parts: RunParts, settings: dict[Setting, Side]
) -> pd.DataFrame:
    """Return a row of ``estimates.csv`` per setting of a binary task; no rows with several classes."""
    rows = [_row(record, values, parts, *of) for of in settings.items() if record.target.is_binary]
    return pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))


def _row(
    record: ExperimentRecord, values: RunValues, parts: RunParts, setting: Setting, side: Side
) -> tuple[object, ...]:
    found = _mean(parts, side)
    low, high = np.clip(found.interval(), 0, 1).tolist()
    names = setting.name, setting.network, setting.weights, setting.tuning, SELECTED, FITTED
    return *names, found.value, math.nan, low, high, _METHOD, setting.pixels, num_stuck(values, side), *_NONE


def _mean(parts: RunParts, side: Side) -> FittedMean:
    tests = [parts.test(run) for run in side.of_repeat(0)]
    truth, score, patients = (
        np.concatenate([getattr(test, name) for test in tests]) for name in ("truth", "score", "patient")
    )
    return fitted_mean(truth, score, np.repeat(np.arange(len(tests)), [len(test.case) for test in tests]), patients)
