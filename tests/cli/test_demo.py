"""The demo, smaller."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from radtl_tf.experiment import demo


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SOURCE_PATIENTS", 20)
    monkeypatch.setattr(demo, "TARGET_PATIENTS", 40)
    monkeypatch.setattr(demo, "SOURCE_EPOCHS", 1)
    monkeypatch.setattr(demo, "EXPERIMENT", smaller(demo.EXPERIMENT))


def smaller(experiment: str) -> str:
    """Return the experiment with fewer folds and epochs."""
    for old, new in (("count = 5", "count = 2"), ("repeats = 3", "repeats = 1"), ("epochs = 15", "epochs = 2")):
        assert old in experiment
        experiment = experiment.replace(old, new)
    return experiment


@pytest.mark.slow
def test_the_demo_does_the_whole_job_and_resumes(small: None, tmp_path: Path, radtl: Any) -> None:
    first = radtl("demo", "--out", tmp_path / "demo")
    assert first.exit_code == 0, first.output
    results = tmp_path / "demo" / "results"
    estimates = pd.read_csv(results / "estimates.csv")
    assert set(estimates.weights.dropna()) == {"phantom", "random"}
    assert set(estimates.backbone.dropna()) == {demo.SHIPPED, demo.TRAINED}
    assert demo.NOTE in (results / "report.html").read_text(encoding="utf-8")
    card = json.loads((tmp_path / "demo" / "model" / "1" / "assets.extra" / "radtl.json").read_text())
    assert card["setting"] in first.stderr
    lines = first.stdout.splitlines()
    scores = [float(line.split()[1]) for line in lines if line.split()[:1] and line.split()[0].endswith(".dcm")]
    assert scores and all(0 <= score <= 1 for score in scores)
    assert f"Report: {results / 'report.html'}" in lines and demo.NOTE in lines
    assert [line.split()[1] for line in lines[-3:]] == ["data", "init", "run"]
    again = radtl("demo", "--out", tmp_path / "demo")
    assert again.exit_code == 0, again.output
    assert "0 of 32 runs" in again.stderr
    assert again.stdout == first.stdout
