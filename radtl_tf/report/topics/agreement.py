"""The table of shared errors of two weights, and of what averaging their scores gains."""

from __future__ import annotations

from collections.abc import Iterator

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell, range_text
from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.secondary.agreement import Agreement
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.text.task_words import words


def agreement_table(evaluation: Evaluation) -> Table:
    """Return how far the question's two weights agree."""
    metric, in_unit = evaluation.record.question_metric.name, evaluation.record.metric_in_unit
    lower = " (below 0: the mean is better)" * evaluation.record.lower_is_better
    return Table(
        key="agreement",
        title="Errors in common",
        caption=f"Errors of both weights at their chosen scenarios, on the same test parts; {_explained(evaluation)} "
        f"The gain (secondary) is the {metric} of the mean of both scores minus the {metric} of the better weights, "
        f"chosen by inner loss in each training part{lower}: mean over the folds, corrected resampled t.",
        columns=("A", "B", "Measure", "Mean", "95 % interval", "p"),
        rows=tuple(row for found in evaluation.secondary.agreements for row in _rows(found, in_unit)),
        section="metrics",
    )


def _explained(evaluation: Evaluation) -> str:
    if evaluation.record.target.is_number:
        return "an error is prediction minus truth. Averaging helps most if the errors are not correlated."
    wrong = "a wrong stage is an error" if evaluation.record.target.kind == "ordinal" else words(evaluation).called
    return f"{wrong}. Kappa of errors is 0 if the errors are unrelated and 1 if both err on the same cases."


def _rows(found: Agreement, metric: str) -> Iterator[tuple[str, ...]]:
    words = {"first errs": f"{found.a} errs", "second errs": f"{found.b} errs"}
    for name, value in found.measures.items():
        yield (found.a, found.b, words.get(name, name), *_cells(value), "")
    yield (found.a, found.b, f"{metric} of the better one", *_cells(found.better), "")
    yield (found.a, found.b, f"{metric} of the mean of both scores", *_cells(found.together), "")
    p_value = p_cell(found.gain.p_value)
    gain = number(found.gain.mean, sign=True), range_text(*found.gain.interval())
    yield found.a, found.b, f"gain in {metric}", *gain, p_value


def _cells(value: FoldMean) -> tuple[str, str]:
    return number(value.mean), range_text(*value.interval())
