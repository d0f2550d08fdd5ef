"""Saliency maps of finished experiments: the content, the runs, and the data that must not be exported."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from radtl_tf.cli.main import main
from radtl_tf.errors import DataError, ExperimentError, WeightsError
from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.places import shipped
from radtl_tf.records.experiment_facts import write_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.report.pages.experiment import write_report
from radtl_tf.report.saliency import draw as saliency
from radtl_tf.report.saliency.case_choice import KINDS, RULE, outcome
from radtl_tf.report.saliency.draw import write_saliency
from radtl_tf.report.saliency.store import RADIOGRAPH, Drawn, map_name, read_drawn, read_picture

pytestmark = pytest.mark.slow


@pytest.fixture
def out(finished_once: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished_once / "out", tmp_path / "out")
    return tmp_path / "out"


def draw(folder: Path, per_kind: int = 2) -> Drawn:
    write_saliency(folder, per_kind, weights_folder=Path("/nowhere"))
    drawn = read_drawn(folder)
    assert drawn is not None
    return drawn


def test_what_is_drawn_agrees_with_the_predictions(out: Path) -> None:
    drawn = draw(out)
    assert (drawn.weights, drawn.classes, drawn.rule) == (("mine", "random"), ("well", "sick"), RULE)
    assert sum(drawn.found.values()) == 60
    predictions = pd.read_csv(out / "predictions.csv").query("part == 'test' and repeat == 0")
    runs = pd.DataFrame([json.loads(path.read_text()) for path in out.glob("runs/*/*/run.json")])
    for case in drawn.cases:
        rows = predictions[predictions["example"] == case.example].set_index("scenario")
        fold = rows["fold"].iloc[0]
        assert [one.weights for one in case.maps] == ["mine", "random"]
        for one in case.maps:
            mine = runs[(runs.weights == one.weights) & (runs.fold == fold) & (runs.tuning != "probe")]
            assert one.scenario == mine.loc[mine.inner_loss.idxmin(), "scenario"]
            assert one.score == rows.loc[one.scenario, "score"]
            assert one.outcome == outcome(rows["truth"].iloc[0], one.score)
            assert one.cells == (7, 7)
        assert case.kind == case.maps[0].outcome
    counts = {kind: sum(case.kind == kind for case in drawn.cases) for kind in KINDS}
    assert counts == {kind: min(2, drawn.found[kind]) for kind in KINDS}
    assert drawn.score_gap < 1e-4


def test_pictures_are_the_radiograph_and_a_map_with_its_peak(out: Path) -> None:
    drawn = draw(out, 1)
    pixels = np.load(out / "data" / "pixels-32.npy")
    for case in drawn.cases:
        grey = read_picture(out, case.example, RADIOGRAPH)
        np.testing.assert_allclose(grey, 255 * pixels[case.example, ..., 0], atol=0.51)
        for place, one in enumerate(case.maps):
            opacity = read_picture(out, case.example, map_name(place))[..., 3].astype(float)
            assert (opacity.max() > 0) == (one.maximum > 0) == bool(one.peak)
    names = {path.name for path in (out / "saliency").iterdir()}
    assert len(names) == 3 * len(drawn.cases) + 1


def test_every_step_of_the_check_is_there_for_both_weights(out: Path) -> None:
    drawn = draw(out)
    steps = [(row.weights, row.step) for row in drawn.randomized]
    assert steps == [(name, step) for name in drawn.weights for step in ("head", "down to relu1", "all layers")]
    for row in drawn.randomized:
        shown = sum(one.maximum > 0 for case in drawn.cases for one in case.maps if one.weights == row.weights)
        assert row.num_cases == shown
        assert row.backbone == "Tiny"
        assert -1 <= row.rank_correlation < 1


def test_drawing_again_gives_the_same_and_leaves_nothing_of_the_first(out: Path) -> None:
    draw(out, 2)
    first = draw(out, 1)
    files = {path.name: path.read_bytes() for path in (out / "saliency").glob("*.png")}
    again = draw(out, 1)
    assert [case.example for case in again.cases] == [case.example for case in first.cases]
    assert len(files) == 3 * len(again.cases)
    assert {path.name for path in (out / "saliency").glob("*.png")} == set(files)
    assert not list(out.glob(".saliency*"))


def test_half_precision_of_the_process_does_not_matter(out: Path) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert draw(out, 1).score_gap < 1e-4
    assert keras.config.dtype_policy().name == "float32"


def test_what_cannot_be_drawn_is_said(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictions = (out / "predictions.csv").read_text()
    record = json.loads((out / "experiment.json").read_text())
    record["experiment"]["task"] |= {"kind": "multiclass", "positive": None}
    write_facts(out / "experiment.json", record)
    with pytest.raises(ExperimentError, match="binary .*multiclass"):
        draw(out)
    record["experiment"]["task"] |= {"kind": "binary", "positive": "sick"}
    write_facts(out / "experiment.json", record)
    table = pd.read_csv(out / "predictions.csv", dtype=str)
    table["score"] = "0.5"
    table.to_csv(out / "predictions.csv", index=False)
    with pytest.raises(WeightsError, match=r"\b0\.500\b"):
        draw(out)
    (out / "predictions.csv").write_text(predictions)
    monkeypatch.setattr(saliency, "MAX_SCORE_GAP", 1.0)
    shutil.rmtree(out / "data")
    with pytest.raises(DataError, match="data"):
        draw(out)
    assert not (out / "saliency").exists()


@pytest.fixture
def private(tmp_path: Path, make_experiment: Callable[..., Any]) -> Path:
    """Run an experiment whose ids and file names cannot appear by chance; return the folder that holds ``out``."""
    from radtl_tf.experiment.engine import collect_predictions, execute
    from radtl_tf.experiment.plan.plan import make_plan
    from radtl_tf.training.device import prepare

    tunings = [{"mode": "frozen", "learning_rates": [0.1]}]
    changes = {"grid": {"tunings": tunings, "weights": ["mine"]}, "question": None}
    experiment = make_experiment(**changes, folds={"count": 2, "inner": 0.45}, training={"epochs": 2})
    table = pd.read_csv(tmp_path / "labels.csv", dtype=str)
    for number, path in enumerate(table["path"]):
        table.loc[number, "path"] = f"images/jane-doe-{number}.png"
        (tmp_path / path).rename(tmp_path / table["path"][number])
    table["patient_id"] = "MRN-" + table["patient_id"]
    table.to_csv(tmp_path / "labels.csv", index=False)
    device = prepare(experiment.training, experiment.seed)
    plan = make_plan(experiment, OutputFolder(tmp_path / "out"), device=device, weights_folder=tmp_path)
    for _ in execute(plan):
        pass
    collect_predictions(plan)
    return tmp_path


def test_no_patient_path_or_file_name_in_any_byte_and_no_question_is_needed(private: Path) -> None:
    out = private / "out"
    drawn = draw(out, 3)
    assert drawn.weights == ("mine",)
    page = write_report(out, evaluate(out))
    patients = set(pd.read_csv(out / "predictions.csv", dtype=str)["patient"])
    secrets = [*patients, "MRN-", "jane-doe", "images/", "labels.csv", str(private), private.name]
    files = [page, *(out / "saliency").iterdir()]
    assert len(files) == 2 * len(drawn.cases) + 2
    files += [out / "report.md", *(out / "tables").iterdir(), *(out / "figures").iterdir()]
    for file in files:
        content = file.name.encode() + file.read_bytes()
        assert [secret for secret in secrets if secret.encode() in content] == []


@pytest.mark.real
def test_real_radiographs(real_folder: Path, tmp_path: Path) -> None:
    text = (shipped("experiments") / "chest400.toml").read_text(encoding="utf-8")
    text = text.replace("count = 5", "count = 2").replace("[1e-2, 1e-3]", "[1e-3]")
    (tmp_path / "two.toml").write_text(text)
    runner = CliRunner(env={"RADTL_REAL": str(real_folder)})
    for words in (["run", tmp_path / "two.toml", "--out", tmp_path / "out"], ["report", tmp_path / "out"]):
        more = ["--saliency", "2"] if words[0] == "report" else []
        result = runner.invoke(main, [*map(str, words), *more])
        assert result.exit_code == 0, result.output
    drawn = read_drawn(tmp_path / "out")
    assert drawn is not None
    assert len(drawn.cases) == 8
    assert drawn.score_gap < 1e-3
    last = [row for row in drawn.randomized if row.step == "all layers"]
    assert all(row.rank_correlation < 0.5 for row in last)
    assert all(one.maximum > 0 for case in drawn.cases for one in case.maps if one.weights == "imagenet")
    page = tmp_path / "out" / "report.html"
    assert page.stat().st_size < 1_000_000
