"""Every test of the experiment, by the family whose p values are adjusted together."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.inference.comparison import ALPHA
from radtl_tf.evaluation.question.learning_curve import FAMILY as SHARES
from radtl_tf.evaluation.secondary.secondary_metrics import UNIT
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.review.separate_patients import SECTION
from radtl_tf.report.text.secondary_sentences import families_told, tested

_NAMES = {"question": "the question", UNIT: "the question per other unit (sensitivity analysis)"}


def every_test_table(evaluation: Evaluation) -> Table:
    """Return a row per family: its number of tests, and how many are below 5 % before and after adjustment."""
    return Table(
        key="every-test",
        title="Every test that was made",
        caption=f"{families_told(evaluation)} A row of comparisons.csv is a test if it has a p value. With {ALPHA:.0%} "
        "and no difference anywhere, one in twenty tests is below 5 % before adjustment.",
        columns=("Family", "Tests", "p below 5 %", "Adjusted p below 5 %", "Adjusted by", "Error rate"),
        rows=tuple(_rows(evaluation)),
        section=SECTION,
    )


def _rows(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    table = tested(evaluation)
    alone, families = table[table["family"] == ""], table[table["family"] != ""]
    for level, rows in alone.groupby("level", sort=False):
        name = str(level)
        rate = "5 %" if name == "question" else "not controlled"
        yield _NAMES.get(name, name), *_counts(rows["p_value"]), "-", "not adjusted", rate
    for family, rows in families.groupby("family", sort=False):
        yield str(family), *_counts(rows["p_value"]), _below(rows["p_adjusted"]), "Holm 1979", "5 %"
    if evaluation.learning_curve:
        steps = evaluation.learning_curve.steps
        yield SHARES, *_counts(steps["p_value"]), _below(steps["p_adjusted"]), "Holm 1979", "5 %"
    published = evaluation.published["p_value"].dropna().drop_duplicates()
    if len(published):
        yield "as published, over the scenarios", *_counts(published), "-", "not adjusted", "descriptive only"


def _counts(p_values: pd.Series) -> tuple[str, str]:
    return str(len(p_values)), _below(p_values)


def _below(p_values: pd.Series) -> str:
    return str(int((p_values < ALPHA).sum()))
