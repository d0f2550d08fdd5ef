"""The result object: answer, tables, figures, report, models; also with missing runs and of other versions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from radtl_tf.errors import DataError, ExperimentError, OutputError
from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.library.results.result import FRAMES, Result
from radtl_tf.records.experiment_facts import write_facts
from radtl_tf.records.runs import SETTING_COLUMNS

SETTINGS = [f"Tiny-{weights}-tf-{tuning}" for weights in ("mine", "random") for tuning in ("frozen", "probe", "topK2")]


@pytest.fixture(scope="module")
def folder(finished_once: Path) -> Path:
    """Return the output folder of a finished experiment, which tests must not change."""
    return finished_once / "out"


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    """Return a copy of the output folder, without its images."""
    shutil.copytree(folder, tmp_path / "out", ignore=shutil.ignore_patterns("data", "features", "tensorboard"))
    return tmp_path / "out"


def test_the_answer_has_the_numbers_of_the_evaluation(result: Result, folder: Path) -> None:
    found, answer = evaluate(folder).question, result.answer
    assert found and answer
    assert (answer.first, answer.second, answer.margin) == ("mine", "random", 0.02)
    assert (answer.verdict, answer.sentence) == (found.verdict, found.sentence)
    assert answer.difference == found.test.mean


def test_settings_by_name(result: Result) -> None:
    assert sorted(result.settings) == sorted(SETTINGS)


def test_frames_are_typed_and_name_what_a_scenario_is_made_of(result: Result) -> None:
    predictions = result.frame("predictions")
    assert set(SETTING_COLUMNS) < set(predictions)
    assert len(predictions.query("part == 'test'")) == 60 * (2 * 3 + 2)  # 60 images, six scenarios and two probes
    assert predictions["score"].between(0, 1).all()
    assert predictions.query("tuning == 'probe'")["learning_rate"].isna().all()
    history = result.frame("history")
    assert set(history["learning_rate"]) == {0.1, 0.01}
    assert history["epoch"].max() == 3 and history["loss"].dtype == float


@pytest.mark.slow
@pytest.mark.parametrize("name", ["estimates", "comparisons"])
def test_a_table_is_the_same_before_and_after_it_is_written(name: str, own: Path) -> None:
    before = Result(own).frame(name)
    Result(own).report()
    after = Result(own).frame(name)
    assert list(before) == list(after) and len(before) == len(after)
    numbers = after.select_dtypes(float).columns
    assert before[numbers].astype(float).to_numpy() == pytest.approx(after[numbers].to_numpy(), nan_ok=True)


def test_an_unknown_frame_is_refused(result: Result) -> None:
    with pytest.raises(ExperimentError):
        result.frame("roc")


def test_what_a_person_sees_is_the_answer_and_the_settings(result: Result, own: Path) -> None:
    text, page = repr(result), result._repr_html_()
    assert result.answer and result.answer.sentence in text
    for words in ("mine", "frozen", "topK2"):
        assert words in text and words in page
    facts = json.loads((own / "experiment.json").read_text())
    facts["experiment"]["name"] = "<script>alert(1)</script>"
    write_facts(own / "experiment.json", facts)
    assert "<script>" not in Result(own)._repr_html_()


@pytest.mark.slow
def test_the_report_is_written_where_it_says(own: Path) -> None:
    path = Result(own).report()
    assert path == own / "report.html" and path.stat().st_size > 10_000


@pytest.mark.slow
def test_models_by_name(result: Result, finished_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADTL_WEIGHTS", str(finished_once))
    model = result.keras_model("Tiny-mine-tf-frozen", fold=1)
    assert model.output_shape == (None, 1)
    assert result.export(tmp_path / "model", "Tiny-mine-tf-frozen") == tmp_path / "model"
    result.export(tmp_path / "model", "Tiny-random-tf-frozen", version_number=2)
    assert all((tmp_path / "model" / version / "saved_model.pb").is_file() for version in "12")


def test_an_unfinished_folder_says_how_much_is_done(own: Path) -> None:
    (own / "runs" / "Tiny-mine-tf-frozen-0.1" / "0-0" / "DONE.json").unlink()
    result = Result(own)
    assert "23 of 24 runs" in repr(result) and "23 of 24 runs" in result._repr_html_()
    assert len(result.frame("history"))
    for name in set(FRAMES) - {"history"}:
        with pytest.raises(ExperimentError):
            result.frame(name)
    with pytest.raises(ExperimentError):
        _ = result.answer


def test_a_folder_without_an_experiment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        Result(tmp_path)


def test_a_folder_of_a_newer_version_says_which(own: Path) -> None:
    facts = json.loads((own / "experiment.json").read_text())
    write_facts(own / "experiment.json", {**facts, "format": 99, "versions": {"radtl_tf": "9.8.7"}})
    with pytest.raises(DataError, match=r"9\.8\.7"):
        Result(own)
