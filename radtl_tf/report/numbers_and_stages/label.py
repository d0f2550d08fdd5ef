"""The label of a regression: how many cases there are, and which numbers they have."""

from __future__ import annotations

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.drawing.table import Table


def label_range(evaluation: Evaluation) -> str:
    """Return mean, SD and range of the label over the cases, with its unit."""
    truth, unit = _truth(evaluation), evaluation.record.in_unit
    return (
        f"the label is {truth.mean():.4g} ± {truth.std(ddof=1):.3g}{unit} (mean ± SD over the "
        f"{evaluation.record.data.unit}s), from {truth.min():.4g} to {truth.max():.4g}{unit}"
    )


def numbers_table(evaluation: Evaluation) -> Table:
    """Return images and patients, and the distribution of the label over the cases."""
    data, truth = evaluation.record.data, _truth(evaluation)
    ends = {"lowest": truth.min(), "median": truth.median(), "highest": truth.max()}
    rows = {"mean": truth.mean(), "SD": truth.std(ddof=1)} | ends
    return Table(
        key="data",
        title="Data",
        caption=f"{data.examples} images of {data.patients} patients. One case is one {data.unit}. "
        f"sha256 {data.sha256[:12]}.",
        columns=("Label of the cases", f"Value ({evaluation.record.in_unit.strip()})"),
        rows=tuple((name, f"{value:.4g}") for name, value in rows.items()),
        section="data",
    )


def _truth(evaluation: Evaluation) -> pd.Series:
    """Return the label of every case: the first repeat tests every case once."""
    cases = evaluation.secondary.cases
    return cases.loc[cases["scenario"] == cases["scenario"].iloc[0], "truth"].astype(float)
