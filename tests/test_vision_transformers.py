"""A small vision transformer from a folder: run, report, export and predict."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from click.testing import CliRunner

from radtl_tf.cli.main import main

pytestmark = pytest.mark.slow
oracle = SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "models" / "vit_oracle.py")))

EXPERIMENT = """
name = "tokens"
task = { manifest = "labels.csv", positive = "sick", patient = "patient_id" }
folds = { count = 2 }
training = { image_size = 42, epochs = 1 }
question = { compare = ["mine", "random"] }
[grid]
backbones = ["TinyViTBoth"]
weights = ["mine", "random"]
tunings = [ { mode = "frozen", learning_rates = [1e-2] }, { mode = "topK", layers = 1, learning_rates = [1e-3] } ]
[weights.mine]
files.TinyViTBoth = "mine"
"""


def test_from_a_folder_to_predictions(
    tmp_path: Path, tiny_transformer: str, radiographs_in: Callable[[Path], Path]
) -> None:
    radiographs_in(tmp_path)
    oracle.write_folder(tmp_path / "mine")
    pixels = {"image_mean": [0.5307] * 3, "image_std": [0.2583] * 3}
    (tmp_path / "mine" / "preprocessor_config.json").write_text(json.dumps(pixels))
    (tmp_path / "experiment.toml").write_text(EXPERIMENT)
    out, model = tmp_path / "out", tmp_path / "model"
    setting = f"{tiny_transformer}Both-mine-mean0.5307sd0.2583-topK1"

    def radtl(*words: object) -> str:
        result = CliRunner().invoke(main, list(map(str, words)))
        assert result.exit_code == 0, result.output
        return result.stdout

    radtl("run", tmp_path / "experiment.toml", "--out", out)
    similarity = pd.read_csv(out / "similarity.csv")
    assert {"block0.add2", "block1.add2", "features"} <= set(similarity.layer)
    assert (out / "report.html").is_file()
    radtl("export", out, "--out", model, "--setting", setting)
    table = radtl("predict", model, tmp_path / "images")
    assert table.count(",true,") == 60
    radtl("report", out, "--saliency", "1")
    drawn = json.loads((out / "saliency" / "saliency.json").read_text())
    assert drawn["score_gap"] < 1e-3
    assert {tuple(one["cells"]) for case in drawn["cases"] for one in case["maps"]} == {(3, 3)}
    assert max(one["maximum"] for case in drawn["cases"] for one in case["maps"]) > 0
    radtl("predict", model, tmp_path / "images", "--explain", tmp_path / "overlays")
    assert len(list((tmp_path / "overlays").glob("**/*.png"))) == 60
