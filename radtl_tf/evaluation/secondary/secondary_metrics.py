"""Secondary metrics of every setting, and the question in each of them and per the other unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from radtl_tf.errors import DataError
from radtl_tf.evaluation.inference.comparison import ALPHA, difference, holm, verdicts
from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.metrics import metric_table
from radtl_tf.evaluation.question.chosen_runs import Pair, Side
from radtl_tf.evaluation.question.comparisons import Outcome, comparison, comparison_frame
from radtl_tf.evaluation.question.estimates import ESTIMATE_COLUMNS, num_stuck, setting_row
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunKey, RunParts
from radtl_tf.records.experiment import Unit
from radtl_tf.records.runs import Setting

METRIC, UNIT = "metric", "unit"  # levels of comparisons.csv
FAMILY = "secondary metrics and the average of both weights"
Asked = tuple[Pair, str, Callable[[RunKey], float]]  # two sides, a metric by its name, its value on a test part


@dataclass(frozen=True)
class SecondaryMetrics:
    """``estimates``: a row per setting and metric. ``comparisons``: the question in each metric, and per other unit.

    ``notes``: missing values, with the reason.
    """

    estimates: pd.DataFrame
    comparisons: pd.DataFrame
    notes: tuple[str, ...]


def secondary_metrics(
    record: ExperimentRecord,
    predictions: pd.DataFrame,
    values: RunValues,
    parts: RunParts,
    settings: dict[Setting, Side],
    pairs: Sequence[Pair],
    others: Sequence[float] = (),
) -> SecondaryMetrics:
    """Return the secondary metrics; ``parts`` are per unit of the experiment, ``pairs`` belong to the question.

    ``others`` are further p values of the family ``FAMILY``.
    """
    sides = [*settings.values(), *(side for pair in pairs for side in pair)]
    table = _score_table(record, parts, {run: None for side in sides for run in side.keys})
    other, notes = _other_unit(record, predictions, pairs)
    rows = [row for of in settings.items() for row in _setting_rows(record, values, *of, table)]
    estimates = pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))
    lost = dict.fromkeys(estimates.loc[estimates["mean"].isna(), "metric"])
    if lost:
        notes += (
            f"Some settings have no value for {', '.join(lost)}. A test part has no value if its scores separate the "
            "classes without error or are all equal, and no mean is taken over the other test parts."
            if record.target.outputs or record.target.is_binary
            else f"Some settings have no value for {', '.join(lost)}: the truth of a test part does not vary.",
        )
    return SecondaryMetrics(estimates, pd.concat([_metric_rows(record, pairs, table, others), other]), notes)


def _score_table(record: ExperimentRecord, parts: RunParts, runs: dict[RunKey, None]) -> dict[str, dict[RunKey, float]]:
    """Return per metric its value on the test part of each run."""
    cases = [(test.truth, test.score) for test in map(parts.test, runs)]
    kind = record.target.kind
    return {
        metric.name: dict(zip(runs, metric.values(kind, cases), strict=True))
        for metric in metric_table.secondary_metrics(kind)
    }


def _setting_rows(
    record: ExperimentRecord,
    values: RunValues,
    setting: Setting,
    side: Side,
    table: dict[str, dict[RunKey, float]],
) -> Iterator[tuple[object, ...]]:
    stuck = num_stuck(values, side)
    for metric in metric_table.secondary_metrics(record.target.kind):
        per_fold = side.of(table[metric.name].__getitem__)
        yield setting_row(record, setting, metric.name, per_fold, metric.bounds(record.target.kind), stuck)


def _metric_rows(
    record: ExperimentRecord, pairs: Sequence[Pair], table: dict[str, dict[RunKey, float]], others: Sequence[float]
) -> pd.DataFrame:
    """Return the question in every metric, p adjusted over all of them and ``others`` by Holm."""
    asked = [(pair, name, table[name].__getitem__) for name in table for pair in pairs]
    return compared(record, METRIC, asked, FAMILY, others)


def compared(
    record: ExperimentRecord, level: str, asked: Sequence[Asked], family: str, others: Sequence[float] = ()
) -> pd.DataFrame:
    """Return a comparison of each pair in a metric; p is adjusted over all of them, and ``others``, by Holm."""
    tests = [difference(first.of(value), second.of(value), record.num_folds) for (first, second), _, value in asked]
    adjusted = holm([*(test.p_value for test in tests), *others]).tolist()[: len(tests)]
    return comparison_frame(
        [
            comparison(level, _names(pair), name, test, p, _direction(test, p), "secondary", family)
            for (pair, name, _), test, p in zip(asked, tests, adjusted, strict=True)
        ]
    )


def _names(pair: Pair) -> tuple[str, str]:
    return pair[0].name, pair[1].name


def _direction(test: FoldMean, p_adjusted: float) -> Outcome:
    """Return whether the first is shown to be higher or lower; these metrics have no margin."""
    if not p_adjusted < ALPHA:
        return "undecided"
    return "higher" if test.mean > 0 else "lower"


def _other_unit(
    record: ExperimentRecord, predictions: pd.DataFrame, pairs: Sequence[Pair]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the question with the other unit as its case, or the reason why it has none."""
    if not pairs or record.data.examples == record.data.patients:
        return comparison_frame([]), ()
    unit: Unit = "image" if record.data.unit == "patient" else "patient"
    shown = {scenario for pair in pairs for side in pair for scenario, _, _ in side.keys}
    try:
        parts = RunParts(predictions[predictions["scenario"].isin(shown)], unit, record.target)
    except DataError as error:
        return comparison_frame([]), (f"No sensitivity analysis per {unit}: {str(error).split(',')[0]}.",)
    reason = f"sensitivity analysis of the question, per {unit}; the same runs"
    rows, metric = [], record.question_metric
    value = metric.of(record.target.kind)
    for pair in pairs:
        first, second = (side.of(lambda run: value(parts.test(run).truth, parts.test(run).score)) for side in pair)
        test = difference(first, second, record.num_folds)
        (word,) = verdicts([test], record.asked.margin, lower_is_better=record.lower_is_better)
        rows.append(comparison(UNIT, _names(pair), metric.key, test, test.p_value, word, reason))
    return comparison_frame(rows), ()
