"""The question's interval for these fitted networks next to the one for the training procedures."""

from __future__ import annotations

import math
from collections.abc import Iterator

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell, range_text
from radtl_tf.evaluation.review.fixed_models import Twofold, claimed, shrinkage
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.review.separate_patients import SECTION


def fixed_models_table(evaluation: Evaluation) -> Table:
    """Return two rows per result of the question; no rows without a question."""
    is_number = evaluation.record.target.is_number
    cited, and_delong = ("", " asks") if is_number else ("LeDell et al. 2015, ", " and DeLong's test ask")
    return Table(
        key="fixed-or-procedure",
        title="These networks or the training procedures",
        caption="The same difference with two intervals. The first one asks how it would vary with other test "
        f"patients, for these fitted networks only ({cited}paired, patients as clusters, mean over the repeats). "
        f"A bootstrap over patients{and_delong} the same. The second one, which this report uses, "
        "also asks how it would vary if other patients had been trained on. If only the first one excludes 0, the "
        "networks differ, but nothing is shown about the weights. Both p values are without adjustment.",
        columns=("Difference", "About", "Mean", "95 % interval", "p", "At 5 %", "Width"),
        rows=tuple(row for both in evaluation.review.twofold for row in _rows(both)),
        section=SECTION,
    )


def _rows(both: Twofold) -> Iterator[tuple[str, ...]]:
    name = f"{both.a} minus {both.b}"
    narrow = shrinkage(both)
    told = {
        "these fitted networks": (both.fixed, "-" if math.isnan(narrow) else f"{narrow:.0%} of the procedures'"),
        "the training procedures": (both.procedure, "100%"),
    }
    for about, (test, width) in told.items():
        if test is not None:
            numbers = number(test.mean, sign=True), range_text(*test.interval()), p_cell(test.p_value)
            words = claimed(test).replace("a is", f"{both.a} is").replace("b is", f"{both.b} is")
            yield name, about, *numbers, words, width
