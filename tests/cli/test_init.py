"""The command ``init``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from radtl_tf.records.reader import read_experiment


def test_init_writes_a_file_that_runs(finished_once: Path, tmp_path: Path, radtl: Any) -> None:
    out = tmp_path / "experiment.toml"
    words = ["init", "--preset", "quick", "--manifest", finished_once / "labels.csv", "--out", out]
    missing = radtl(*words)
    assert (missing.exit_code, out.exists()) == (1, False)
    assert "sick, well" in missing.output
    assert radtl(*words, "--positive", "sick").exit_code == 0
    assert read_experiment(out).task.manifest == finished_once / "labels.csv"
    assert radtl(*words, "--positive", "sick").exit_code == 1
