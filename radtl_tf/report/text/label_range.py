"""The numbers of a regression's label in words."""

from __future__ import annotations

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.ages import named


def label_range(evaluation: Evaluation) -> str:
    """Return mean, SD and range of the label over the cases, with its unit."""
    truth, unit = labels(evaluation), evaluation.record.in_unit
    return (
        f"{truth.mean():.4g} ± {truth.std(ddof=1):.3g}{unit} (mean ± SD over the {evaluation.record.data.unit}s), from "
        f"{named(truth.min(), unit)} to {named(truth.max(), unit)}{unit}"
    )


def labels(evaluation: Evaluation) -> pd.Series:
    """Return the label of every case: the first repeat tests every case once."""
    cases = evaluation.secondary.cases
    return cases.loc[cases["scenario"] == cases["scenario"].iloc[0], "truth"].astype(float)
