"""The commands ``train``, ``run``, ``status`` and ``report``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tensorflow as tf

from radtl_tf.errors import ExperimentError
from radtl_tf.experiment.run import run_experiment
from radtl_tf.records.disk import read_json
from radtl_tf.records.reader import experiment_from


@pytest.fixture
def finished(finished_once: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished_once / "out", tmp_path / "out")
    return tmp_path / "out"


def test_status_counts_what_is_done(finished: Path, radtl: Any) -> None:
    (finished / "runs" / "Tiny-mine-tf-topK2-0.01" / "0-1" / "DONE.json").unlink()
    result = radtl("status", finished, "--json")
    assert json.loads(result.output)["runs"] == 24
    assert json.loads(result.output)["done"] == 23
    assert json.loads(result.output)["scenarios"]["Tiny-mine-tf-topK2-0.01"] == 2
    assert "23 of 24 runs" in radtl("status", finished).output


def test_status_of_another_folder_is_one_line(tmp_path: Path, radtl: Any) -> None:
    result = radtl("status", tmp_path)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)


def test_report_writes_tables_and_page(finished: Path, radtl: Any) -> None:
    result = radtl("report", finished)
    assert result.exit_code == 0, result.output
    assert "mine minus random" in result.output
    estimates = pd.read_csv(finished / "estimates.csv")
    assert {"scenario", "mean", "sd", "ci_low", "ci_high", "method", "pixels"} <= set(estimates.columns)
    assert pd.read_csv(finished / "comparisons.csv").level.iloc[0] == "question"
    page = (finished / "report.html").read_text()
    assert page.count("<table") >= 5
    assert "<img" not in page and not (finished / "saliency").exists()  # radiographs are shown on request only


@pytest.mark.slow
def test_a_report_shows_radiographs_only_on_request_and_then_again(finished: Path, radtl: Any) -> None:
    assert radtl("report", finished).exit_code == 0
    assert not (finished / "saliency").exists()
    assert "<img" not in (finished / "report.html").read_text()
    result = radtl("report", finished, "--saliency", 1)
    assert result.exit_code == 0, result.output
    assert "radiographs" in result.output
    drawn = (finished / "report.html").read_text()
    assert 3 <= drawn.count("<img") <= 12
    assert (finished / "saliency" / "saliency.json").is_file()
    code = (
        f"import sys; from click.testing import CliRunner; from radtl_tf.cli.main import main;"
        f"result = CliRunner().invoke(main, ['report', {str(finished)!r}]);"
        "print(result.exit_code, 'tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "0 False False\n"
    assert (finished / "report.html").read_text() == drawn
    shutil.rmtree(finished / "saliency")
    assert radtl("report", finished).exit_code == 0
    assert "<img" not in (finished / "report.html").read_text()


def test_saliency_without_its_images_is_one_line(finished: Path, radtl: Any) -> None:
    (finished / "data" / "pixels-32.npy").unlink()
    result = radtl("report", finished, "--saliency", 1)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "pixels-32.npy" in result.output
    assert radtl("report", finished, "--saliency", 0).exit_code == 2


@pytest.mark.slow
def test_train_is_an_experiment_of_one_row(finished_once: Path, tmp_path: Path, radtl: Any) -> None:
    words = ["train", "--manifest", finished_once / "labels.csv", "--positive", "sick", "--patient", "patient_id"]
    words += ["--backbone", "Tiny", "--weights", finished_once / "tiny.h5", "--pixels", "tf", "--learning-rate", "0.01"]
    words += ["--folds", 2, "--epochs", 2, "--image-size", 32, "--out", tmp_path / "one"]
    result = radtl(*words)
    assert result.exit_code == 0, result.output
    estimates = pd.read_csv(tmp_path / "one" / "estimates.csv")
    assert set(estimates.weights.dropna()) == {"tiny"}
    again = radtl(*words)
    assert again.exit_code == 0
    assert "0 of 4 runs" in again.output


def test_a_dry_run_prices_the_grid_and_trains_nothing(
    tmp_path: Path, make_experiment: Any, experiment_text: Any, radtl: Any
) -> None:
    make_experiment()
    (tmp_path / "experiment.toml").write_text(experiment_text())
    result = radtl("run", tmp_path / "experiment.toml", "--out", tmp_path / "out", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "8 runs, 0 " in result.output  # two weights, a head and a probe, two folds
    assert not (tmp_path / "out" / "runs").exists()


@pytest.mark.slow
def test_an_experiment_may_be_edited_after_its_dry_run_until_a_run_is_finished(
    tmp_path: Path, make_experiment: Any, experiment_text: Any, radtl: Any
) -> None:
    make_experiment()
    file = tmp_path / "experiment.toml"
    words = ("run", file, "--out", tmp_path / "out")
    file.write_text(experiment_text(epochs=2))
    assert radtl(*words, "--dry-run").exit_code == 0
    file.write_text(experiment_text().replace("[0.01]", "[0.1]"))
    result = radtl(*words)
    assert result.exit_code == 0, result.output
    assert set(pd.read_csv(tmp_path / "out" / "estimates.csv").learning_rate.dropna()) >= {"0.1"}
    file.write_text(experiment_text(epochs=2))
    result = radtl(*words)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "(grid.tunings" in result.output


def test_exhausted_memory_after_the_training_is_one_line(
    finished: Path, radtl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    for place in ("experiment.saliency.write_saliency", "experiment.run.write_similarities"):
        monkeypatch.setattr(f"radtl_tf.{place}", full)
    said = "CUDA_VISIBLE_DEVICES=-1"
    result = radtl("report", finished, "--saliency", 1)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert said in result.output
    experiment = experiment_from(read_json(finished / "experiment.json")["experiment"], finished)
    with pytest.raises(ExperimentError, match=said):
        run_experiment(experiment, finished)


def test_a_wrong_key_is_one_line(tmp_path: Path, experiment_text: Any, radtl: Any) -> None:
    (tmp_path / "experiment.toml").write_text(experiment_text().replace("epochs", "epoch"))
    result = radtl("run", tmp_path / "experiment.toml", "--out", tmp_path / "out")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "'epochs'" in result.output
    assert not (tmp_path / "out").exists()


def test_flags_need_a_convention_for_a_file(tmp_path: Path, radtl: Any) -> None:
    words = ("train", "--manifest", "a.csv", "--weights", "a.h5", "--learning-rate", 0.1, "--out", tmp_path / "out")
    assert radtl(*words).exit_code == 2
    assert not (tmp_path / "out").exists()
