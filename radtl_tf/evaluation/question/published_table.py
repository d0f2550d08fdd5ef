"""The table of the publications: per weights mean and SD over all scenarios, with p as they compute it."""

from __future__ import annotations

import math

import pandas as pd
from scipy import stats

from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ALTERNATIVE, NATIVE, ExperimentRecord
from radtl_tf.records.runs import Scenario

PUBLISHED_COLUMNS = ("pixels", "weights", "scenarios", "mean", "sd", "p_value")
_NO_SPREAD = 1e-9  # of the differences: anything smaller is rounding


def published_table(record: ExperimentRecord, values: RunValues) -> pd.DataFrame:
    """Return per weights and entry of the pixels axis the mean and SD over its scenarios, as published.

    Uncertain weights also have a row ``alternative``. The row of the question's first weights has ``p_value``: a paired
    t over the scenarios, as if they were replicates. They share all patients, so it is descriptive.
    """
    rows = []
    for entry in dict.fromkeys([NATIVE, ALTERNATIVE, *record.experiment.grid.pixels]):
        for weights in record.complete_weights:
            if entry == ALTERNATIVE and entry not in record.candidates(weights):
                continue
            means = values.tested[[scenario.name for scenario in record.family(weights, entry)]].mean()
            p_value = _p_value(record, values, weights, entry)
            rows.append((entry, weights, len(means), means.mean(), means.std(ddof=1), p_value))
    return pd.DataFrame(rows, columns=list(PUBLISHED_COLUMNS))


def _p_value(record: ExperimentRecord, values: RunValues, weights: str, entry: str) -> float:
    """Return p of the question's two weights, ``nan`` if ``weights`` are not the first or nothing varies."""
    question = record.question
    if not question or weights != question.compare[0]:
        return math.nan
    first, second = (_by_place(values, record.family(name, entry)) for name in question.compare)
    differences = (first - second).dropna()
    if len(differences) < 2 or differences.std(ddof=1) < _NO_SPREAD:
        return math.nan
    return float(stats.ttest_1samp(differences, 0).pvalue)


def _by_place(values: RunValues, family: list[Scenario]) -> pd.Series:
    """Return the mean test value of each scenario by backbone (with its image size), tuning and learning rate."""
    places = [(one.setting.network, one.setting.tuning, one.learning_rate) for one in family]
    means = (float(values.tested[one.name].mean()) for one in family)
    return pd.Series(dict(zip(places, means, strict=True)), dtype=float)
