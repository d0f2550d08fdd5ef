"""data build, as a user types it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_a_manifest_becomes_a_data_set(finished_once: Path, tmp_path: Path, radtl: Any) -> None:
    words = ["data", "build", finished_once / "labels.csv", "--patient", "patient_id", "--out", tmp_path]
    assert radtl(*words).exit_code == 2  # the positive class is not named
    result = radtl(*words, "--positive", "sick")
    assert result.exit_code == 0, result.output
    assert "60 examples" in result.stderr
    assert Path(result.stdout.strip()).is_dir()


def test_an_unknown_data_set_is_one_line(tmp_path: Path, radtl: Any) -> None:
    result = radtl("data", "build", "radiograph", "--out", tmp_path)
    assert result.exit_code == 1
    assert "'radiographs'" in result.output
