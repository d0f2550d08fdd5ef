"""The commands ``export`` and ``predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd


def test_export_then_predict(finished_once: Path, tmp_path: Path, radtl: Any) -> None:
    exported = radtl("export", finished_once / "out", "--setting", "Tiny-mine-tf-frozen", "--out", tmp_path / "model")
    assert exported.exit_code == 0, exported.output
    assert str(tmp_path / "model" / "1") in exported.stderr
    result = radtl("predict", tmp_path / "model", finished_once / "images", "--out", tmp_path / "scores.csv")
    assert result.exit_code == 0, result.output
    scores = pd.read_csv(tmp_path / "scores.csv")
    assert len(scores) == 60
    assert scores.score.between(0, 1).all()
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    mixed = radtl("predict", tmp_path / "model", finished_once / "images" / "000.png", bad)
    assert mixed.exit_code == 1
    assert mixed.stdout.splitlines()[0] == "path,score"
    assert len(mixed.stdout.splitlines()) == 2
    assert mixed.stderr.startswith("Error: ")
