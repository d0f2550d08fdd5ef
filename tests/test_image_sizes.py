"""An experiment at two image sizes, one of them wider than high: run, report, export, predict."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from radtl_tf.cli.main import main

EXPERIMENT = """
name = "sizes"
[task]
manifest = "labels.csv"
positive = "sick"
patient = "patient_id"
[question]
compare = ["mine", "random"]
[folds]
count = 2
[grid]
backbones = ["Tiny"]
weights = ["mine", "random"]
image_sizes = [32, "32x64"]
tunings = [{ mode = "topK", layers = 2, learning_rates = [0.01] }, { mode = "frozen", learning_rates = [0.1] }]
[weights.mine]
files.Tiny = "mine.h5"
pixels = "tf"
[training]
epochs = 2
"""
WIDE = "Tiny-mine-tf-topK2-32x64px"


def radtl(*words: object) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def results(
    tmp_path_factory: pytest.TempPathFactory, tiny_backbone: str, radiographs_in: Callable[[Path], Path]
) -> Path:
    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.weights.file import write_weights

    folder = tmp_path_factory.mktemp("sizes")
    radiographs_in(folder)
    write_weights(folder / "mine.h5", build_base(tiny_backbone, 32, seed=9))
    (folder / "experiment.toml").write_text(EXPERIMENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RADTL_CACHE", str(folder / "cache"))
        radtl("run", folder / "experiment.toml", "--out", folder / "results")
    return folder / "results"


@pytest.mark.slow
def test_every_size_is_trained_and_named(results: Path) -> None:
    predictions, estimates = (pd.read_csv(results / f"{name}.csv") for name in ("predictions", "estimates"))
    assert {name.partition("px")[0].rpartition("-")[2] for name in predictions["scenario"]} == {"32", "32x64"}
    networks = estimates.loc[estimates["tuning"] != "baseline", "backbone"]
    assert set(networks) == {"Tiny at 32 px", "Tiny at 32x64 px"}
    same = predictions.pivot_table(index="example", columns="scenario", values="score")
    assert not np.allclose(same["Tiny-mine-tf-frozen-32px-0.1"], same["Tiny-mine-tf-frozen-32x64px-0.1"])
    settings = pd.read_csv(results / "comparisons.csv").query("level == 'setting'")
    sizes = [[name.rpartition("-")[2] for name in settings[side]] for side in "ab"]
    assert sizes[0] == sizes[1] and set(sizes[0]) == {"32px", "32x64px"}
    assert "Tiny at 32x64 px" in (results / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_units_and_similarities_have_one_size_each(results: Path) -> None:
    units = json.loads((results / "PREPARED.json").read_text())["units"]
    assert {unit["name"] for unit in units} == {
        f"Tiny-{weights}-tf-{size}px-0" for weights in ("mine", "random") for size in ("32", "32x64")
    }
    similarity = pd.read_csv(results / "similarity.csv")
    assert set(similarity["backbone"]) == {"Tiny at 32 px", "Tiny at 32x64 px"}


@pytest.mark.slow
def test_the_exported_wide_model_gives_the_scores_of_its_run(results: Path, tmp_path: Path) -> None:
    radtl("export", results, "--setting", WIDE, "--fold", 0, "--out", tmp_path / "model")
    card = json.loads(next((tmp_path / "model").rglob("radtl.json")).read_text())
    assert card["image_size"] == "32x64"
    radtl("predict", tmp_path / "model", results.parent / "images", "--out", tmp_path / "scores.csv")
    scores = pd.read_csv(tmp_path / "scores.csv")["score"]
    rows = pd.read_csv(results / "predictions.csv").query(f"scenario == '{WIDE}-0.01' and fold == 0 and part == 'test'")
    assert len(rows) == 30
    np.testing.assert_allclose(scores[rows["example"]], rows["score"], atol=1e-6)
