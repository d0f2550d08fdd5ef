"""The engine: every run once, the same numbers after an interruption, no incomplete files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from radtl_tf.errors import ExperimentError, OutputError
from radtl_tf.evaluation.metrics.auroc import auroc
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.experiment.cost import price
from radtl_tf.experiment.engine import BackboneRuns, collect_predictions, execute
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.plan.plan import make_plan as plan_of
from radtl_tf.logs import shown
from radtl_tf.records.disk import read_json
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import BINARY, SETTING_COLUMNS
from radtl_tf.training.device import prepare
from radtl_tf.training.features.prefix_features import POOLED, FeatureStore, PrefixPass
from radtl_tf.training.trainer import Trainer


def finished(plan: Plan) -> pd.DataFrame:
    """Train the remaining runs and return all predictions."""
    for _ in execute(plan):
        pass
    collect_predictions(plan)
    return collected(plan)


def collected(plan: Plan) -> pd.DataFrame:
    """Return all predictions of a finished experiment."""
    return pd.read_csv(plan.folder.predictions, dtype={"patient": str})


@pytest.fixture
def make_plan(plan_on_read_images: Callable[..., Plan]) -> Callable[..., Plan]:
    """Plan on images that are read already: how they are read is tested with the plan."""
    return plan_on_read_images


@pytest.fixture
def copied_plan(finished_plan: Plan, tmp_path: Path) -> Plan:
    """Return the finished plan with a copy of its output folder, which a test may change."""
    shutil.copytree(finished_plan.folder.root, tmp_path / "out")
    return replace(finished_plan, folder=OutputFolder(tmp_path / "out"))


def test_predictions_name_the_parts_of_their_scenario_also_of_runs_of_earlier_versions(copied_plan: Plan) -> None:
    plan = copied_plan
    written = pd.read_csv(plan.folder.predictions, dtype=str, keep_default_na=False)
    found = set(written[["scenario", *SETTING_COLUMNS]].itertuples(index=False, name=None))
    scenarios = {run.scenario for run in plan.runs}
    assert found == {(of.name, *("" if cell is None else str(cell) for cell in of.cells)) for of in scenarios}
    for file in plan.folder.runs.glob("*/*/predictions.csv"):
        pd.read_csv(file, dtype=str, keep_default_na=False)[list(BINARY.columns)].to_csv(file, index=False)
    before = plan.folder.predictions.read_text()
    collect_predictions(plan)
    assert plan.folder.predictions.read_text() == before
    assert list(read_predictions(plan.folder.predictions).columns) == list(BINARY.columns)


def test_predictions_agree_with_the_folds(finished_plan: Plan) -> None:
    plan, predictions = finished_plan, collected(finished_plan)
    folds = pd.read_csv(plan.folder.folds)
    for run in plan.runs:
        rows = predictions[
            (predictions.scenario == run.scenario.name) & (predictions.fold == run.fold) & (predictions.part == "test")
        ]
        expected = folds[(folds.fold == run.fold) & (folds.part == "test")]
        assert sorted(rows.example) == sorted(expected.example)
        assert (rows.truth.to_numpy() == plan.cases.truth[rows.example]).all()


@pytest.mark.slow
def test_a_killed_experiment_ends_with_the_numbers_of_an_undisturbed_one(
    make_plan: Any, tmp_path: Path, finished_plan: Plan
) -> None:
    whole = collected(finished_plan)
    running = execute(make_plan(tmp_path / "killed"))
    for _ in range(5):
        next(running)
    running.close()
    resumed = make_plan(tmp_path / "killed")
    assert len(resumed.remaining) == len(resumed.runs) - 5
    again = finished(resumed)
    order = ["scenario", "fold", "part", "example"]
    a, b = (table.sort_values(order)["score"].to_numpy() for table in (whole, again))
    assert np.array_equal(a, b)


def test_a_second_call_does_nothing(copied_plan: Plan, finished_once: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PrefixPass, "__call__", lambda self, images: 1 / 0)
    again = plan_of(copied_plan.experiment, copied_plan.folder, device=copied_plan.device, weights_folder=finished_once)
    assert list(execute(again)) == []


@pytest.mark.slow
def test_images_pass_each_backbone_once_per_start(make_plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    short = {"training": {"epochs": 1}, "folds": {"count": 2}}
    call = PrefixPass.__call__
    monkeypatch.setattr(PrefixPass, "__call__", lambda self, images: seen.append(len(images)) or call(self, images))
    finished(make_plan(**short))
    assert sum(seen) == 2 * 60  # two weights, 60 images, for two folds, two tunings and two learning rates
    seen.clear()
    finished(make_plan("repeated", training={"epochs": 1}, folds={"count": 2, "repeats": 2}))
    assert sum(seen) == 3 * 60  # random weights are drawn again in the second repeat


@pytest.mark.slow
def test_another_experiment_on_the_same_images_pays_no_prefix(
    finished_plan: Plan, make_plan: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = collected(finished_plan)
    shutil.copytree(finished_plan.cache, tmp_path / "cache")
    monkeypatch.setattr(PrefixPass, "__call__", lambda self, images: 1 / 0)
    other = make_plan("second", cache=tmp_path / "cache", training={"epochs": 2}, folds={"count": 4})
    assert not finished(other).empty
    same = finished(make_plan("third", cache=tmp_path / "cache"))
    assert np.array_equal(first.score, same.score)


@pytest.mark.slow
def test_strict_runs_take_no_features_of_another_cpu_number_of_threads_or_determinism(
    make_plan: Any, tmp_path: Path
) -> None:
    plan = make_plan(cache=tmp_path / "cache")
    # Not in its section, because determinism cannot be switched off again in a process.
    strict = replace(
        plan, experiment=replace(plan.experiment, training=replace(plan.experiment.training, determinism="strict"))
    )
    assert _passes(plan) == 1
    _store(plan).rows(POOLED, np.arange(1), None)
    assert _passes(plan) == 0
    assert _passes(strict) == 1
    _store(strict).rows(POOLED, np.arange(1), None)
    assert _passes(strict) == 0
    for change in ({"threads": strict.device.threads + 1}, {"cpu": "another"}):
        device = replace(strict.device, **change)
        assert _passes(replace(strict, device=device)) == 1
        assert _passes(replace(plan, device=device)) == 0


def _store(plan: Plan) -> FeatureStore:
    run = plan.runs[0]
    return BackboneRuns(plan, "Tiny").store(plan.record(run), plan.draw(run))


def _passes(plan: Plan) -> int:
    """Return how many passes over all images the first run would have to wait for."""
    return _store(plan).missing(0)


@pytest.mark.slow
def test_a_run_is_not_written_into_a_folder_that_another_experiment_has_taken_meanwhile(make_plan: Any) -> None:
    plan = make_plan()
    make_plan(training={"epochs": 4})
    with pytest.raises(OutputError, match=r"epochs: 4\b.*\b3 "):
        list(execute(plan))
    assert not list(plan.folder.runs.rglob("DONE.json"))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ((Trainer, "step"), r"\b16 images .*training\.batch_size = 8\b"),
        ((PrefixPass, "__call__"), r"training\.image_size"),
    ],
)
@pytest.mark.parametrize("work", [lambda plan: list(execute(plan)), price])
def test_exhausted_memory_is_one_line(
    planned: Plan, monkeypatch: pytest.MonkeyPatch, work: Any, place: tuple[type, str], said: str
) -> None:
    def full(*_: Any) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(*place, full)
    with pytest.raises(ExperimentError, match=f"memory .*{said}"):
        work(planned)


@pytest.mark.slow
def test_above_the_cache_limit_the_results_are_the_same(make_plan: Any, tmp_path: Path, finished_plan: Plan) -> None:
    said: list[str] = []
    alone = {"grid": {"weights": ["mine"]}, "question": None}
    plan = make_plan(tmp_path / "small", training={"cache_gb": 0.0}, **alone)
    with shown(said.append):
        assert len(list(execute(plan))) == len(plan.runs)
    collect_predictions(plan)
    small, large = collected(plan), collected(finished_plan)
    large = large[large.scenario.isin(set(small.scenario))]
    assert any("cache_gb = 0;" in line and "0 of 1 " in line for line in said)
    assert np.allclose(small.score, large.score, atol=1e-3, rtol=0)


@pytest.mark.slow
def test_shares_of_the_training_patients_are_runs_of_their_own(make_plan: Any, finished_plan: Plan) -> None:
    plan = make_plan(grid={"train_fractions": [0.5, 1.0]})
    table, whole = finished(plan), collected(finished_plan)
    assert len(plan.runs) == 2 * 24
    same = table[table.scenario.isin(set(whole.scenario))]
    assert len(same) == len(whole) == len(table) / 2
    order = ["scenario", "fold", "part", "example"]
    assert np.allclose(same.sort_values(order).score, whole.sort_values(order).score, atol=1e-4)
    sizes = {
        run.scenario.setting.train_fraction: read_json(plan.folder.run(run) / "run.json")["train_patients"]
        for run in plan.runs
    }
    assert sizes[0.5] == pytest.approx(sizes[1.0] / 2, abs=1)


@pytest.mark.slow
def test_half_precision_gives_the_auroc_of_full_precision(make_plan: Any, restored_precision: None) -> None:
    grid = {
        "tunings": [{"mode": "topK", "layers": 2, "learning_rates": [0.01]}, {"mode": "full", "learning_rates": [0.01]}]
    }
    grid["weights"] = ["mine"]
    sections = {"grid": grid, "question": None, "folds": {"count": 2}, "training": {"epochs": 8}}
    names = ("float32", "mixed_bfloat16", "mixed_float16")
    tables = [finished(make_plan(name, **with_precision(sections, name))) for name in names]
    full, *halves = (table[table.part == "test"].groupby("scenario").apply(area) for table in tables)
    assert full.max() > 0.8
    for half, table in zip(halves, tables[1:], strict=True):
        assert (full - half).abs().max() < 0.05
        assert not np.array_equal(tables[0].score, table.score)


@pytest.fixture
def restored_precision() -> Iterator[None]:
    """Restore the policy of the other tests."""
    policy = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(policy)


def with_precision(sections: dict[str, Any], precision: str) -> dict[str, Any]:
    return {**sections, "training": {**sections["training"], "precision": precision}}


def area(rows: pd.DataFrame) -> float:
    return auroc(rows.truth.to_numpy(), rows.score.to_numpy())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["regression", "ordinal"])
def test_numbers_and_stages_go_from_the_table_to_predictions(kind: str, tmp_path: Path, make_experiment: Any) -> None:
    make_experiment()
    table = pd.read_csv(tmp_path / "labels.csv", dtype=str)
    bright = (table["label"] == "sick").to_numpy()
    table["age"] = [f"{6 + 8 * one + place % 6}" for place, one in enumerate(bright)]
    table["stage"] = [("late" if place % 4 == 1 else "middle") if one else "early" for place, one in enumerate(bright)]
    table.to_csv(tmp_path / "labels.csv", index=False)
    number = {"kind": "regression", "label": "age", "label_unit": "years"}
    stages = {"kind": "ordinal", "label": "stage", "classes": ["early", "middle", "late"]}
    task = {**(number if kind == "regression" else stages), "positive": None}
    question = {"metric": "mae", "margin": 0.5} if kind == "regression" else {}
    experiment = make_experiment(task=task, question=question, grid={"train_fractions": [0.5, 1.0]})
    device = prepare(experiment.training, experiment.seed)
    plan = plan_of(experiment, OutputFolder(tmp_path / "out"), device=device, weights_folder=tmp_path)
    assert len(list(execute(plan))) == len(plan.runs)
    collect_predictions(plan)
    facts, found = read_facts(plan.folder.experiment), pd.read_csv(plan.folder.predictions)
    assert tuple(found.columns) == facts.target.prediction_columns
    baselines = set(pd.read_csv(plan.folder.baselines)["scenario"])
    assert price(plan).total == len(plan.runs)
    if kind == "regression":
        ages = table["age"].astype(float)
        assert facts.data.numbers and facts.data.numbers.mean == pytest.approx(ages.mean())
        np.testing.assert_array_equal(found["truth"], ages[found["example"]])
        assert "median" in baselines and 8 < found["score"].median() < 18
        assert pd.read_csv(plan.folder.files(plan.runs[0]).history)["inner_auroc"].isna().all()
    else:
        assert list(facts.data.counts) == ["early", "middle", "late"]
        np.testing.assert_array_equal(found["truth_above early"], bright[found["example"]])
        assert found.filter(like="score_above").stack().between(0, 1).all() and "median" not in baselines
