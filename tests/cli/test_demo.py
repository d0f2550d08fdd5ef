"""The demo, with a small backbone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from radtl_tf.experiment import demo


@pytest.fixture
def small(tiny_backbone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "BACKBONES", (tiny_backbone,))
    monkeypatch.setattr(demo, "PATIENTS", 40)
    monkeypatch.setattr(demo, "SIZE", 32)
    monkeypatch.setattr(demo, "EXPERIMENT", smaller(demo.EXPERIMENT))


def smaller(experiment: str) -> str:
    """Return the experiment with the tunings of the small backbone, fewer folds and epochs."""
    for old, new in (('"top10"', '"topK", layers = 2'), ("count = 3", "count = 2"), ("epochs = 10", "epochs = 2")):
        assert old in experiment
        experiment = experiment.replace(old, new)
    return experiment


@pytest.mark.slow
def test_the_demo_does_the_whole_job_and_resumes(small: None, tmp_path: Path, radtl: Any) -> None:
    first = radtl("demo", "--out", tmp_path / "demo")
    assert first.exit_code == 0, first.output
    estimates = pd.read_csv(tmp_path / "demo" / "results" / "estimates.csv")
    assert set(estimates.weights.dropna()) == {"phantom", "random"}
    assert demo.NOTE in (tmp_path / "demo" / "results" / "report.html").read_text(encoding="utf-8")
    card = json.loads((tmp_path / "demo" / "model" / "assets.extra" / "radtl.json").read_text())
    assert card["setting"] in first.stderr
    rows = [line.split(",") for line in first.stdout.splitlines()[-2:]]
    assert all(name.endswith(".dcm") and 0 <= float(score) <= 1 for name, score in rows)
    again = radtl("demo", "--out", tmp_path / "demo")
    assert again.exit_code == 0, again.output
    assert "0 of 16 runs" in again.stderr
    assert again.stdout == first.stdout
