"""The AUROC of each class against the rest, or of each threshold of stages, and the question in each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from radtl_tf.evaluation.metrics.auroc import auroc, class_auroc, of_known
from radtl_tf.evaluation.question.chosen_runs import Pair, Side
from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS, num_stuck, setting_row
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunKey, RunParts
from radtl_tf.evaluation.secondary.secondary_metrics import compared
from radtl_tf.records.runs import Setting

CLASS, FAMILY = "class", "classes"  # level of comparisons.csv, family of its adjusted p values


@dataclass(frozen=True)
class Classes:
    """``estimates``: a row per setting and class. ``comparisons``: the question in each class. Binary tasks have none.

    Metrics are named by ``class_auroc``.
    """

    estimates: pd.DataFrame
    comparisons: pd.DataFrame


def by_class(
    record: ExperimentRecord,
    values: RunValues,
    parts: RunParts,
    settings: dict[Setting, Side],
    pairs: Sequence[Pair],
) -> Classes:
    """Return the AUROC of each class or threshold; p of the question is adjusted over the classes (Holm)."""
    names = record.target.outputs
    rows = [row for of in settings.items() for row in _rows(record, values, parts, names, *of)]
    asked = [
        (pair, class_auroc(name), lambda run, number=number: _auroc(parts, run, number))  # type: ignore[misc]
        for number, name in enumerate(names)
        for pair in pairs
    ]
    return Classes(
        pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS)),
        compared(record, CLASS, asked, FAMILY),
    )


def _rows(
    record: ExperimentRecord,
    values: RunValues,
    parts: RunParts,
    names: Sequence[str],
    setting: Setting,
    side: Side,
) -> Iterator[tuple[object, ...]]:
    stuck = num_stuck(values, side)
    for number, name in enumerate(names):
        per_fold = side.of(lambda run, number=number: _auroc(parts, run, number))  # type: ignore[misc]
        yield setting_row(record, setting, class_auroc(name), per_fold, (0, 1), stuck)


def _auroc(parts: RunParts, run: RunKey, number: int) -> float:
    test = parts.test(run)
    return auroc(*of_known(test.truth[:, number], test.score[:, number]))
