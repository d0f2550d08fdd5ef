"""From a DataFrame to a result, a model, its test on other images, and scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pandas as pd
import pytest

import radtl_tf as radtl
from radtl_tf.experiment.engine import Engine
from radtl_tf.library.results.result import Result


def test_one_call_answers_the_question_on_the_folds_of_the_splitter(compared: Path, columns: dict[str, Any]) -> None:
    result = radtl.open_results(compared / "results")
    assert result.answer and (result.answer.first, result.answer.second) == ("mine", "random")
    data = radtl.Dataset.from_csv(compared / "labels.csv", **columns)
    tests = [set(test) for _, test in radtl.PatientFolds(3, inner=0.45).split(None, data.y, data.groups)]
    rows = result.frame("predictions").query("part == 'test'")
    assert [set(found) for _, found in rows.groupby("fold")["example"]] == tests


@pytest.mark.slow
def test_the_same_call_trains_nothing_again(compared: Path, arguments: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "train", lambda self, runs: iter(runs))
    before = {path: path.stat().st_mtime_ns for path in (compared / "results" / "runs").rglob("DONE.json")}
    frame = pd.read_csv(compared / "labels.csv", dtype=str)
    assert isinstance(radtl.compare(frame, **arguments(compared)), Result)
    assert {path: path.stat().st_mtime_ns for path in (compared / "results" / "runs").rglob("DONE.json")} == before


@pytest.mark.slow
def test_an_interrupted_run_resumes(compared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"""
name = "file"
task = {{ manifest = "{compared / "labels.csv"}", positive = "sick", patient = "patient_id" }}
folds = {{ count = 3, inner = 0.45 }}
grid = {{ backbones = ["Tiny"], weights = ["random"], tunings = [{{ mode = "frozen", learning_rates = [0.1] }}] }}
training = {{ image_size = 32, epochs = 1, batch_size = 16 }}
"""
    (tmp_path / "experiment.toml").write_text(text)

    def interrupted(engine: Engine, runs: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Engine, "train", interrupted)
        radtl.run(tmp_path / "experiment.toml", out=tmp_path / "out")
    assert "0 of 6 runs" in repr(radtl.open_results(tmp_path / "out"))
    result = radtl.run(tmp_path / "experiment.toml", out=tmp_path / "out")
    assert result.answer is None and len(result.frame("estimates"))
    assert keras.config.dtype_policy().name == "float32"
