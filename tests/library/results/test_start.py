"""From a DataFrame to a result, a model, its test on other images, and scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

import radtl_tf as radtl
from radtl_tf.experiment import run as experiment_run
from radtl_tf.library.results.result import Result

COLUMNS: dict[str, Any] = {"positive": "sick", "patient": "patient_id"}
SETTING = "Tiny-mine-tf-frozen"


def arguments(folder: Path, backbone: str) -> dict[str, Any]:
    return {
        "weights": {"mine": (folder / "tiny.h5", "tf"), "random": None},
        "backbones": [backbone],
        "cv": radtl.PatientFolds(3, inner=0.45),
        "learning_rates": [0.1],
        "epochs": 2,
        "image_size": 32,
        "batch_size": 16,
        "out": folder / "results",
        "path": "path",
        "root": folder,
        **COLUMNS,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, radiographs_in: Any, tiny_backbone: str) -> Path:
    """Return a folder with radiographs, their table ``labels.csv``, weights, ``results`` and an exported ``model``."""
    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.weights.file import write_weights

    place = tmp_path_factory.mktemp("compared")
    radiographs_in(place)
    write_weights(place / "tiny.h5", build_base(tiny_backbone, 32, seed=99))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RADTL_CACHE", str(place / "cache"))
        result = radtl.compare(pd.read_csv(place / "labels.csv", dtype=str), **arguments(place, tiny_backbone))
        result.export(place / "model", SETTING)
    return place


def test_one_call_answers_the_question_on_the_folds_of_the_splitter(folder: Path) -> None:
    result = radtl.open_results(folder / "results")
    assert result.answer and (result.answer.first, result.answer.second) == ("mine", "random")
    data = radtl.Dataset.from_csv(folder / "labels.csv", **COLUMNS)
    tests = [set(test) for _, test in radtl.PatientFolds(3, inner=0.45).split(None, data.y, data.groups)]
    rows = result.frame("predictions").query("part == 'test'")
    assert [set(found) for _, found in rows.groupby("fold")["example"]] == tests


def test_the_same_call_trains_nothing_again(folder: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment_run, "execute", lambda plan: iter(plan.remaining))
    before = {path: path.stat().st_mtime_ns for path in (folder / "results" / "runs").rglob("DONE.json")}
    frame = pd.read_csv(folder / "labels.csv", dtype=str)
    assert isinstance(radtl.compare(frame, **arguments(folder, tiny_backbone)), Result)
    assert {path: path.stat().st_mtime_ns for path in (folder / "results" / "runs").rglob("DONE.json")} == before


def test_an_interrupted_run_resumes(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"""
name = "file"
task = {{ manifest = "{folder / "labels.csv"}", positive = "sick", patient = "patient_id" }}
folds = {{ count = 3, inner = 0.45 }}
grid = {{ backbones = ["Tiny"], weights = ["random"], tunings = [{{ mode = "frozen", learning_rates = [0.1] }}] }}
training = {{ image_size = 32, epochs = 1, batch_size = 16 }}
"""
    (tmp_path / "experiment.toml").write_text(text)

    def interrupted(plan: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(experiment_run, "execute", interrupted)
        radtl.run(tmp_path / "experiment.toml", out=tmp_path / "out")
    assert "0 of 6 runs" in repr(radtl.open_results(tmp_path / "out"))
    result = radtl.run(tmp_path / "experiment.toml", out=tmp_path / "out")
    assert result.answer is None and len(result.frame("estimates"))
    assert keras.config.dtype_policy().name == "float32"


def test_a_model_is_tested_on_a_data_set_or_a_file(folder: Path, tmp_path: Path) -> None:
    data = radtl.Dataset.from_csv(folder / "labels.csv", **COLUMNS)
    found = radtl.test(folder / "model", data)
    assert found.folder is None and found.results["counts"]
    estimates = found.frame().set_index("metric")["value"]
    from_file = radtl.test(folder / "model", folder / "labels.csv", out=tmp_path / "test", patient="patient_id")
    assert (tmp_path / "test" / "external.html").is_file()
    assert from_file.frame().set_index("metric")["value"].to_dict() == pytest.approx(estimates.to_dict(), nan_ok=True)
    assert found.results["sentence"] in repr(found)
    with pytest.raises(radtl.errors.ExperimentError):
        radtl.test(folder / "model", data, patient="patient_id")
    with pytest.raises(radtl.errors.ExperimentError):
        found.frame("scores")


def test_two_models_are_compared(folder: Path) -> None:
    data = radtl.Dataset.from_csv(folder / "labels.csv", **COLUMNS)
    found = radtl.test(folder / "model", data.subset(range(40)), compare=folder / "model")
    assert len(found.frame("comparisons"))


def test_scores_of_files_and_of_a_data_set(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no image")
    images = folder / "images"
    scores = radtl.predict(folder / "model", [images, tmp_path / "broken.png"])
    assert list(scores) == ["path", "score", "error"] and len(scores) == 61
    assert np.isnan(scores["score"].iloc[-1]) and scores["error"].iloc[-1]
    assert scores["error"].iloc[:-1].isna().all()
    data = radtl.Dataset.from_csv(folder / "labels.csv", **COLUMNS).subset([5, 2])
    by_row = radtl.predict(folder / "model", data)
    assert by_row["row"].tolist() == [0, 1]
    assert by_row["score"].tolist() == scores["score"].iloc[[5, 2]].tolist()


def test_a_data_set_of_a_model_needs_files(folder: Path) -> None:
    with pytest.raises(radtl.errors.DataError):
        radtl.predict(folder / "model", folder / "nowhere")
