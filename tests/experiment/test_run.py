"""A whole experiment in one call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radtl_tf.experiment.run import run_experiment
from radtl_tf.logs import shown
from radtl_tf.progress import Progress


def test_one_call_does_all_and_the_next_one_resumes(
    make_experiment: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RADTL_CACHE", str(tmp_path / "cache"))
    experiment = make_experiment(folds={"count": 2})
    out, seen = tmp_path / "out", list[Progress]()
    first = run_experiment(experiment, out, watch=seen.append)
    total = seen[-1].total
    assert [progress.done for progress in seen] == list(range(total + 1))
    assert {progress.what for progress in seen} == {"Runs"}
    assert seen[-1].seconds_left == 0
    assert capfd.readouterr() == ("", "")  # a library prints nothing
    files = ("estimates.csv", "comparisons.csv", "report.html", "predictions.csv")
    assert all((out / name).is_file() for name in files)
    assert (out / "estimates.csv").read_text().count("\n") > len(first.estimates)
    lines: list[str] = []
    with shown(lines.append):
        again = run_experiment(experiment, out)
    assert [line for line in lines if line.startswith(f"0 of {total} runs")]
    assert again.estimates.equals(first.estimates)
