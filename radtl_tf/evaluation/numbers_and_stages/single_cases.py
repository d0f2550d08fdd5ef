"""Truth and prediction of every test case, for the figures: numbers of a regression, stages of an ordinal task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from radtl_tf.evaluation.metrics.stages import called_stage, true_stage
from radtl_tf.evaluation.question.chosen_runs import Side
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunPart, RunParts
from radtl_tf.records.experiment import Kind
from radtl_tf.records.runs import Setting

COLUMNS = ("scenario", "fold", "truth", "predicted")
_OF_KIND: dict[Kind, Callable[[RunPart], tuple[Any, Any]]] = {
    "regression": lambda part: (part.truth, part.score),
    "ordinal": lambda part: (true_stage(part.truth), called_stage(part.score)),
}


def single_cases(record: ExperimentRecord, parts: RunParts, settings: dict[Setting, Side]) -> pd.DataFrame:
    """Return truth and prediction per setting (``scenario``) and case of the first repeat, which tests every case once.

    In the unit of the label, or as the number of the stage from 0. Other kinds of task have no rows.
    """
    read = _OF_KIND.get(record.target.kind)
    tables = [_table(setting, parts, side, read) for setting, side in settings.items()] if read else []
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))


def _table(setting: Setting, parts: RunParts, side: Side, read: Callable[[RunPart], tuple[Any, Any]]) -> pd.DataFrame:
    tables = []
    for run in side.of_repeat(0):
        truth, predicted = read(parts.test(run))
        tables.append(pd.DataFrame({"scenario": setting.name, "fold": run[2], "truth": truth, "predicted": predicted}))
    return pd.concat(tables)[list(COLUMNS)]
