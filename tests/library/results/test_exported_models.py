"""An exported model on other patients: its test, from a data set or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import radtl_tf as radtl


@pytest.mark.slow
def test_a_model_is_tested_on_a_data_set_or_a_file(compared: Path, tmp_path: Path, columns: dict[str, Any]) -> None:
    data = radtl.Dataset.from_csv(compared / "labels.csv", **columns)
    found = radtl.test(compared / "model", data)
    assert found.folder is None and found.results["counts"]
    estimates = found.frame().set_index("metric")["value"]
    from_file = radtl.test(compared / "model", compared / "labels.csv", out=tmp_path / "test", patient="patient_id")
    assert (tmp_path / "test" / "external.html").is_file()
    assert from_file.frame().set_index("metric")["value"].to_dict() == pytest.approx(estimates.to_dict(), nan_ok=True)
    assert found.results["sentence"] in repr(found)
    with pytest.raises(radtl.errors.ExperimentError):
        radtl.test(compared / "model", data, patient="patient_id")
    with pytest.raises(radtl.errors.ExperimentError):
        found.frame("scores")


@pytest.mark.slow
def test_two_models_are_compared(compared: Path, columns: dict[str, Any]) -> None:
    data = radtl.Dataset.from_csv(compared / "labels.csv", **columns)
    found = radtl.test(compared / "model", data.subset(range(40)), compare=compared / "model")
    assert len(found.frame("comparisons"))
