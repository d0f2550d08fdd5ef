"""Real radiographs and real ImageNet weights: the numbers that a correct tool gives (experiments/chest400*.toml)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from radtl_tf.cli.main import main
from radtl_tf.places import shipped

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def run(real_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that runs a shipped experiment once and gives its output folder."""
    root = tmp_path_factory.mktemp("chest400")

    def once(name: str) -> Path:
        if not (root / name).exists():
            words = ["run", str(shipped("experiments") / f"{name}.toml"), "--out", str(root / name)]
            result = CliRunner(env={"RADTL_REAL": str(real_folder)}).invoke(main, words)
            assert result.exit_code == 0, result.output
        return root / name

    return once


def selected(folder: Path) -> pd.Series:
    """Return the mean AUROC of each weights at the inner-chosen learning rate."""
    table = pd.read_csv(folder / "estimates.csv", dtype={"learning_rate": str})
    return table.query("learning_rate == 'selected' and metric == 'auroc'").set_index("weights")["mean"]


def test_imagenet_beats_random_on_standardized_features(run: Any) -> None:
    auroc = selected(run("chest400"))
    assert auroc["imagenet"] >= 0.85
    assert auroc["imagenet"] - auroc["random"] >= 0.02


def test_the_probe_gives_the_published_numbers(run: Any) -> None:
    table = pd.read_csv(run("chest400") / "estimates.csv").query("tuning == 'probe'").set_index("weights")["mean"]
    assert table["imagenet"] == pytest.approx(0.885, abs=0.015)
    assert table["random"] == pytest.approx(0.825, abs=0.03)


def test_the_published_head_measures_the_scale_of_the_features(run: Any) -> None:
    auroc = selected(run("chest400-raw"))
    assert auroc["imagenet"] == pytest.approx(0.88, abs=0.015)
    assert auroc["random"] == pytest.approx(0.73, abs=0.06)


def test_the_trivial_baselines_are_where_they_should_be(run: Any) -> None:
    table = pd.read_csv(run("chest400") / "estimates.csv").query("tuning == 'baseline'").set_index("scenario")["mean"]
    assert table["mean and SD"] == pytest.approx(0.68, abs=0.06)
    assert table["16 x 16 pixels"] == pytest.approx(0.8, abs=0.05)


def test_the_ablation_over_pixel_conventions_is_told(run: Any) -> None:
    folder = run("chest400-pixels")
    table = pd.read_csv(folder / "estimates.csv", dtype={"learning_rate": str})
    auroc = table.query("learning_rate == 'selected' and metric == 'auroc'").set_index(["weights", "pixels"])["mean"]
    assert auroc["imagenet", "caffe"] >= 0.85
    assert all(0.72 <= auroc["imagenet", pixels] <= 0.81 for pixels in ("radimagenet", "tf", "torch", "zero_one"))
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "ResNet50-imagenet-radimagenet-frozen" in page
    assert "whether the difference survives the convention" in page


def test_a_folder_that_is_finished_answers_at_once(run: Any, real_folder: Path) -> None:
    folder = run("chest400")
    words = ["run", str(shipped("experiments") / "chest400.toml"), "--out", str(folder)]
    result = CliRunner(env={"RADTL_REAL": str(real_folder)}).invoke(main, words)
    assert result.exit_code == 0, result.output
    assert not Path(os.environ["RADTL_CACHE"]).exists()  # this test has a cache of its own, and nothing was computed
