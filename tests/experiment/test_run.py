"""A whole experiment in one call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from radtl_tf.experiment.run import run_experiment
from radtl_tf.logs import shown
from radtl_tf.progress import Progress


@pytest.mark.slow
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


@pytest.mark.slow
def test_ignored_labels_take_no_part_in_the_numbers(
    make_experiment: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADTL_CACHE", str(tmp_path / "cache"))
    table, random = pd.read_csv(tmp_path / "labels.csv"), np.random.default_rng(0)
    table["a"] = (table["label"] == "sick").astype(str).mask(random.random(len(table)) < 0.2, "")
    table["b"] = pd.Series(np.arange(len(table)) % 2).astype(str).mask(random.random(len(table)) < 0.2, "-1.0")
    table.loc[3, ["a", "b"]] = "NaN"
    table.to_csv(tmp_path / "labels.csv", index=False)
    policy = {"missing": "ignore", "uncertain": "ignore", "unit": "image"}
    task = {"positive": None, "kind": "multilabel", "label": ["a", "b"], **policy}
    found = run_experiment(make_experiment(task=task, folds={"count": 2}), tmp_path / "out")
    assert found.record.data.unknown is not None
    assert found.record.data.unknown.left_out == 1 + int(((table["a"] == "") & (table["b"] == "-1.0")).sum())
    predictions = pd.read_csv(tmp_path / "out" / "predictions.csv")
    assert predictions["truth_a"].isna().any() and predictions["truth_b"].isna().any()
    for scenario, rows in predictions[predictions["part"] == "test"].groupby("scenario"):
        values = [
            np.mean([_auroc_of_known(of_fold[f"truth_{name}"], of_fold[f"score_{name}"]) for name in "ab"])
            for _, of_fold in rows.groupby(["repeat", "fold"])
        ]
        estimates = found.estimates[(found.estimates["scenario"] == scenario) & (found.estimates["metric"] == "auroc")]
        assert estimates["mean"].item() == pytest.approx(np.mean(values), abs=1e-12)


def _auroc_of_known(truth: pd.Series, score: pd.Series) -> float:
    return float(roc_auc_score(truth.dropna(), score[truth.notna()]))
