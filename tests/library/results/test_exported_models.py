"""An exported model on other images: its test, and its scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import radtl_tf as radtl


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


def test_two_models_are_compared(compared: Path, columns: dict[str, Any]) -> None:
    data = radtl.Dataset.from_csv(compared / "labels.csv", **columns)
    found = radtl.test(compared / "model", data.subset(range(40)), compare=compared / "model")
    assert len(found.frame("comparisons"))


def test_scores_of_files_and_of_a_data_set(compared: Path, tmp_path: Path, columns: dict[str, Any]) -> None:
    (tmp_path / "broken.png").write_bytes(b"no image")
    images = compared / "images"
    scores = radtl.predict(compared / "model", [images, tmp_path / "broken.png"])
    assert list(scores) == ["path", "score", "error"] and len(scores) == 61
    assert np.isnan(scores["score"].iloc[-1]) and scores["error"].iloc[-1]
    assert scores["error"].iloc[:-1].isna().all()
    data = radtl.Dataset.from_csv(compared / "labels.csv", **columns).subset([5, 2])
    by_row = radtl.predict(compared / "model", data)
    assert by_row["row"].tolist() == [0, 1]
    assert by_row["score"].tolist() == scores["score"].iloc[[5, 2]].tolist()


def test_a_data_set_of_a_model_needs_files(compared: Path) -> None:
    with pytest.raises(radtl.errors.DataError):
        radtl.predict(compared / "model", compared / "nowhere")
