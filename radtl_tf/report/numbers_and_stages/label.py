"""The table of a regression's data: how many cases there are, and which numbers they have."""

from __future__ import annotations

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.ages import named
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.text.label_range import labels


def numbers_table(evaluation: Evaluation) -> Table:
    """Return images and patients, and the distribution of the label over the cases."""
    data, truth = evaluation.record.data, labels(evaluation)
    ends = {"lowest": truth.min(), "median": truth.median(), "highest": truth.max()}
    rows = {"mean": truth.mean(), "SD": truth.std(ddof=1)} | ends
    return Table(
        key="data",
        title="Data",
        caption=f"{data.examples} images of {data.patients} patients. One case is one {data.unit}. "
        f"sha256 {data.sha256[:12]}.",
        columns=("Label of the cases", f"Value ({evaluation.record.in_unit.strip()})"),
        rows=tuple((name, named(value, evaluation.record.in_unit)) for name, value in rows.items()),
        section="data",
    )
