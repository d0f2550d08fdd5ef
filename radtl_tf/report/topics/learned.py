"""Was anything learned? The question's weights against chance and the best trivial baseline, as a table."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell, range_text
from radtl_tf.evaluation.question.learned import Learned
from radtl_tf.report.drawing.table import Table


def learned_table(evaluation: Evaluation) -> Table:
    """Return the comparisons with chance and the best baseline; no rows without a question."""
    found = evaluation.learned
    rows = found.rows if found else ()
    return Table(
        key="learned",
        title="Was anything learned?",
        caption=_caption(found) if found else "",
        columns=("Weights", "Compared with", "Difference", "95 % interval", "p", "Adjusted p", "Outcome"),
        rows=tuple(
            (
                *(row.weights, row.other, number(row.test.mean, sign=True), range_text(*row.test.interval())),
                *(p_cell(row.test.p_value), p_cell(row.p_adjusted), row.outcome),
            )
            for row in rows
        ),
    )


def _caption(found: Learned) -> str:
    return (
        f"Test {found.metric} minus chance ({found.no_model}), and minus the trivial baseline with the "
        f"{'lowest' if found.lower_is_better else 'highest'} {found.metric} on the same folds, by the paired "
        "corrected resampled t. p adjusted over the weights (Holm), separately for chance and "
        "baseline. The baseline was chosen after the fact, which favors it."
    )
