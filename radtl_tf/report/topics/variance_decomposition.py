"""The table of what explains the spread over all runs."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.secondary.variance_decomposition import NAMES
from radtl_tf.report.drawing.table import Table


def decomposition_table(evaluation: Evaluation) -> Table:
    """Return shares of the sum of squares, one row per factor."""
    found, metric = evaluation.secondary.decomposition, evaluation.record.question_metric.name
    order = (
        "All combinations have the same number of runs, so the order of the factors does not matter."
        if found and found.balanced
        else "Combinations have different numbers of runs: each factor gets what the factors above it leave."
    )
    return Table(
        key="decomposition",
        title="Where the spread comes from",
        caption=f"{found.sentence(metric, evaluation.record.in_unit)} Sequential sums of squares of the test {metric} "
        "over the runs of the grid, in the "
        f"order of the rows. {order} Descriptive: the runs share all patients."
        if found
        else "",
        columns=("Source", "Share of the sum of squares"),
        rows=tuple((NAMES.get(name, name), f"{100 * share:.1f} %") for name, share in found.shares.items())
        if found
        else (),
        section="grid",
    )
