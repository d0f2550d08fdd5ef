"""The comparisons of an experiment as tables of the report."""

from __future__ import annotations

from collections.abc import Iterable

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell, range_text
from radtl_tf.evaluation.question.contrasts import OTHERS
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.text.secondary_sentences import families_told

_SAME = 1e-12
_COMPARISON = ("Level", "A", "B", "A - B", "95 % interval", "p", "Adjusted p", "Outcome")


def comparisons_table(evaluation: Evaluation) -> Table:
    """Return the comparisons of the question, of the other pairs of weights, the settings and the grid."""
    return Table(
        key="comparisons",
        title="Comparisons",
        caption="Difference = A - B on the same folds; intervals and p from "
        f"{evaluation.record.question_method}, paired.{_lower(evaluation)} The question is the "
        "experiment's result. All other rows are secondary: their intervals are not adjusted. "
        f"{families_told(evaluation)} If the question has several rows, it has an outcome only if they agree."
        f"{_others(evaluation)}{_twice(evaluation, (OTHERS, 'setting', 'grid'))}",
        columns=_COMPARISON,
        rows=tuple(_comparisons(evaluation, ("question", OTHERS, "setting", "grid"))),
    )


def scenario_comparisons_table(evaluation: Evaluation) -> Table:
    """Return the comparisons of single scenarios."""
    return Table(
        key="scenario-comparisons",
        title="Comparisons of scenarios",
        caption="Difference = A - B at the same learning rate; p adjusted (Holm) over the settings, the scenarios"
        f"{', the pairs of weights' * _has_others(evaluation)} and the grid together."
        f"{_twice(evaluation, ('scenario',))}",
        columns=_COMPARISON,
        rows=tuple(_comparisons(evaluation, ("scenario",))),
        section="grid",
    )


def _has_others(evaluation: Evaluation) -> bool:
    return bool((evaluation.comparisons["level"] == OTHERS).any())


def _others(evaluation: Evaluation) -> str:
    said = " Rows of the level weights put the question to every other pair of weights."
    return said if _has_others(evaluation) else ""


def _lower(evaluation: Evaluation) -> str:
    record = evaluation.record
    unit = f", in{record.in_unit}" * bool(record.in_unit)
    name = record.question_metric.name
    said = f" The metric is the {name}{unit}: lower is better, so a difference below 0 favors A."
    return said if record.lower_is_better else ""


def _twice(evaluation: Evaluation, levels: tuple[str, ...]) -> str:
    """Explain rows that are undecided here although the question decides on the same fold values; empty if none is."""
    table = evaluation.comparisons
    asked = table[(table["level"] == "question") & table["outcome"].isin(["better", "worse"])]
    here = table[table["level"].isin(levels) & (table["outcome"] == "undecided")]
    number_same = sum(any(abs(here["difference"] - value) < _SAME) for value in asked["difference"])
    if not number_same:
        return ""
    return (
        " A row may be undecided although the question, on the same fold values, is decided: the question is tested "
        "alone, and p values here are adjusted for the number of comparisons."
    )


def _comparisons(evaluation: Evaluation, levels: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    table = evaluation.comparisons
    for row in table[table["level"].isin(levels)].to_dict("records"):
        p_values = (p_cell(value) for value in (row["p_value"], row["p_adjusted"]))
        yield (
            row["level"],
            row["a"],
            row["b"],
            number(row["difference"], sign=True),
            range_text(row["ci_low"], row["ci_high"]),
            *p_values,
            row["outcome"],
        )
