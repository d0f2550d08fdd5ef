"""Was anything learned? The question's weights against chance and the best trivial baseline, as a table."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell, range_text
from radtl_tf.report.drawing.table import Table


def learned_table(evaluation: Evaluation) -> Table:
    """Return the comparisons with chance and the best baseline; no rows without a question."""
    rows = evaluation.learned.rows if evaluation.learned else ()
    return Table(
        key="learned",
        title="Was anything learned?",
        caption="Test AUROC minus chance (0.5), and minus the trivial baseline with the highest AUROC on the same "
        "folds, by the paired corrected resampled t. p adjusted over the weights (Holm), separately for chance and "
        "baseline. The baseline was chosen after the fact, which favors it.",
        columns=("Weights", "Compared with", "Difference", "95 % interval", "p", "Adjusted p", "Outcome"),
        rows=tuple(
            (
                *(row.weights, row.other, number(row.test.mean, sign=True), range_text(*row.test.interval())),
                *(p_cell(row.test.p_value), p_cell(row.p_adjusted), row.outcome),
            )
            for row in rows
        ),
    )
