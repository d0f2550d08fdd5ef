"""Evaluate and report a finished experiment."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.experiment.report import report_experiment
from radtl_tf.logs import shown


@pytest.mark.slow
def test_tables_and_page_are_written_from_one_evaluation(finished_once: Path, tmp_path: Path) -> None:
    out, lines = tmp_path / "out", list[str]()
    shutil.copytree(finished_once / "out", out)
    with shown(lines.append):
        evaluation = report_experiment(out)
    assert evaluation.estimates.equals(evaluate(out).estimates)
    assert lines == [f"Report: {out / 'report.html'}"]
    assert all((out / name).stat().st_size for name in ("estimates.csv", "comparisons.csv", "report.html"))
