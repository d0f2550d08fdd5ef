"""The numbers of the label."""

from __future__ import annotations

import pytest

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.numbers_and_stages.label import numbers_table


def test_the_table_describes_the_patients_labels(regression: Evaluation) -> None:
    table = numbers_table(regression)
    cases = regression.secondary.cases
    truth = cases[cases["scenario"] == cases["scenario"].iloc[0]]["truth"].astype(float)
    assert len(truth) == regression.record.data.patients
    values = {name: float(value) for name, value in table.rows}
    assert values["mean"] == pytest.approx(truth.mean(), rel=1e-3)
    assert values["highest"] == pytest.approx(truth.max(), rel=1e-3)
    assert table.columns[1] == "Value (years)"
