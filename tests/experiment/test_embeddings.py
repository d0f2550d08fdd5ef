"""Embeddings that another program computed, as the weights of an experiment."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import radtl_tf as radtl
from radtl_tf.errors import DataError, ExperimentError, OutputError, WeightsError
from radtl_tf.experiment.cost import bfloat16_instead, price
from radtl_tf.experiment.engine import execute
from radtl_tf.experiment.plan.ownership import comparable, refuse_other
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.run import run_experiment
from radtl_tf.experiment.saliency import draw_saliency
from radtl_tf.experiment.units.preparation import open_plan, prepare_units
from radtl_tf.records.experiment_facts import read_facts, write_facts
from radtl_tf.records.folder import OutputFolder

FROZEN = [{"mode": "frozen", "learning_rates": [0.1]}]
MIXED = {"weights": ["mine", "brought"], "tunings": FROZEN}
ALONE = {"backbones": [], "weights": ["brought"], "tunings": FROZEN}


@pytest.fixture(scope="module")
def features(finished_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the features of the weights ``mine``, saved by the paths of the images in another order."""
    folder = tmp_path_factory.mktemp("features")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RADTL_CACHE", str(folder / "cache"))
        data = radtl.Dataset.from_csv(finished_once / "labels.csv", positive="sick", patient="patient_id")
        values = radtl.embeddings(data, "Tiny", weights=finished_once / "tiny.h5", pixels="tf", size=32)
    paths = pd.read_csv(finished_once / "labels.csv")["path"].to_numpy()
    order = np.random.default_rng(0).permutation(len(paths))
    np.savez(folder / "features.npz", names=paths[order].astype(str), vectors=values[order])
    return folder / "features.npz"


@pytest.fixture
def plan_with(plan_on_read_images: Callable[..., Plan], features: Path) -> Callable[..., Plan]:
    """Return a function that plans an experiment on ``features``; keywords change sections of its file."""

    def make(**changes: Any) -> Plan:
        sections = {"weights": {"brought": {"embeddings": str(features)}}, "grid": ALONE, "question": None}
        return plan_on_read_images(**{**sections, **changes})

    return make


@pytest.fixture(scope="module")
def finished(
    finished_once: Path, experiment_on_finished_data: Any, features: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the output folder of an experiment that compares a network with its own features, brought in."""
    out = tmp_path_factory.mktemp("compared") / "out"
    shutil.copytree(finished_once / "out" / "data", out / "data")
    weights, question = {"brought": {"embeddings": str(features)}}, {"compare": ["mine", "brought"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RADTL_CACHE", str(out.parent / "cache"))
        run_experiment(experiment_on_finished_data(question=question, grid=MIXED, weights=weights), out)
    return out


@pytest.mark.slow
def test_features_of_a_run_brought_into_another_give_its_estimates(finished: Path) -> None:
    result = radtl.open_results(finished)
    rows = result.frame("predictions").query("part == 'test'")
    for tuning in ("frozen", "probe"):
        of_tuning = rows[rows["tuning"] == tuning].set_index(["repeat", "fold", "example"]).sort_index()
        mine, brought = (of_tuning[of_tuning["weights"] == name] for name in ("mine", "brought"))
        assert len(mine) == 60 and mine["score"].nunique() > 50
        np.testing.assert_allclose(mine["score"], brought["score"], atol=1e-6)
        assert set(brought["backbone"]) == {"embeddings"} and set(brought["pixels"]) == {"none"}
    estimates = result.frame("estimates").query("tuning == 'probe'").set_index(["metric", "weights"])["mean"].unstack()
    np.testing.assert_allclose(estimates["mine"], estimates["brought"], atol=1e-6)
    assert result.answer and result.answer.difference == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
def test_the_report_names_the_file_and_shows_no_network(finished: Path, features: Path) -> None:
    sha256 = hashlib.sha256(features.read_bytes()).hexdigest()
    facts = read_facts(OutputFolder(finished).experiment)
    entry = next(used for used in facts.weights if used.name == "brought")
    assert (entry.backbone, entry.source, entry.sha256) == ("embeddings", "embeddings", sha256)
    report = (finished / "report.md").read_text(encoding="utf-8")
    assert sha256 in report and "features.npz" in report and "embeddings" in report


@pytest.mark.slow
def test_what_needs_the_network_is_refused_in_one_line(finished: Path) -> None:
    result = radtl.open_results(finished)
    for refused in (
        lambda: result.export(finished.parent / "model", "embeddings-brought-none-frozen"),
        lambda: result.keras_model("embeddings-brought-none-frozen"),
        lambda: draw_saliency(finished, 1),
    ):
        with pytest.raises(ExperimentError, match="the network is not here|their network is not here") as caught:
            refused()
        assert "\n" not in str(caught.value)
    assert not (finished.parent / "model").exists()


def test_a_unit_is_trained_without_the_file(plan_with: Any, features: Path, tmp_path: Path) -> None:
    file = tmp_path / "gone.npz"
    shutil.copyfile(features, file)
    plan = plan_with(weights={"brought": {"embeddings": str(file)}})
    prepared = prepare_units(plan, timed=False)
    assert [unit.name for unit in prepared.units] == ["embeddings-brought-none-0"]
    assert prepared.weights[0]["sha256"] == hashlib.sha256(features.read_bytes()).hexdigest()
    file.unlink()

    def opened() -> Plan:
        return open_plan(plan.folder, prepared, device=plan.device, weights_folder=tmp_path, cache_folder=plan.cache)

    again = opened()
    assert np.array_equal(again.vectors["brought"], plan.vectors["brought"]) and again.facts == plan.facts
    assert again.records == plan.records
    kept = next(plan.folder.data.glob("embeddings-*.npy"))
    kept.write_bytes(kept.read_bytes()[:-4] + b"abcd")
    with pytest.raises(OutputError, match="damaged"):
        opened()


def test_other_vectors_are_another_experiment(plan_with: Any, features: Path, tmp_path: Path) -> None:
    plan = plan_with()
    probes = [run for run in plan.runs if run.scenario.is_reference]
    assert [run.name for run in execute(plan, only=probes[:1])] == [probes[0].name]
    moved = tmp_path / features.name
    shutil.copyfile(features, moved)
    plan_with(weights={"brought": {"embeddings": str(moved)}})  # the same vectors in another place
    with np.load(features) as arrays:
        np.savez(moved, names=arrays["names"], vectors=arrays["vectors"] + 1)
    with pytest.raises(OutputError, match="another experiment"):
        plan_with(weights={"brought": {"embeddings": str(moved)}})


def test_a_dry_run_prices_them_without_a_pass_over_images(plan_with: Any) -> None:
    plan = plan_with()
    found = price(plan)
    assert {part.name: part.runs for part in found.parts if part.runs} == {
        "embeddings frozen": 3,
        "embeddings probe": 3,
    }
    assert not [part for part in found.parts if "feature passes" in part.name or "similarity" in part.name]
    assert found.seconds > 0 and bfloat16_instead(plan, found) == []


def test_a_label_inside_is_a_warning_of_the_plan(plan_with: Any, features: Path, tmp_path: Path) -> None:
    with np.load(features) as arrays:
        names, vectors = arrays["names"], arrays["vectors"].copy()
    vectors[:, 0] = [int(Path(name).stem) % 2 for name in names]
    np.savez(tmp_path / "leak.npz", names=names, vectors=vectors)
    plan = plan_with(weights={"brought": {"embeddings": str(tmp_path / "leak.npz")}})
    assert any("alone separate the classes" in warning for warning in plan.warnings)


def test_a_missing_file_or_vector_stops_the_plan(plan_with: Any, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"\[weights.brought\]"):
        plan_with(weights={"brought": {"embeddings": str(tmp_path / "nowhere.npz")}})
    np.savez(tmp_path / "few.npz", names=np.array(["images/000.png"]), vectors=np.ones((1, 3)))
    with pytest.raises(DataError, match="59 of 60 images have no vector"):
        plan_with(weights={"brought": {"embeddings": str(tmp_path / "few.npz")}})


def test_a_folder_of_an_earlier_version_can_be_resumed(planned: Plan) -> None:
    assert "embeddings" not in json.dumps(comparable(planned.facts))
    written = json.loads(planned.folder.experiment.read_text(encoding="utf-8"))
    for entry in written["experiment"]["weights"].values():
        assert entry.pop("embeddings") is None
    write_facts(planned.folder.experiment, written)
    refuse_other(planned.folder, planned.facts)
