"""A model of any format gives the probabilities of its networks; folders are found as users name them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.deploy import open_model
from radtl_tf.deploy.formats.table import FORMATS
from radtl_tf.errors import ExperimentError, OutputError
from radtl_tf.records.disk import read_json, write_json

SETTING = "Tiny-mine-tf-frozen"
PREDICT = """
import sys
from radtl_tf.cli.main import main
try:
    main(sys.argv[2:])
except SystemExit as end:
    assert not end.code
assert str("tensorflow" in sys.modules) == sys.argv[1]
assert "keras" not in sys.modules
"""
WITHOUT_TENSORFLOW = """
import sys
from radtl_tf.deploy import open_model, read_grey
for folder in sys.argv[2:]:
    model = open_model(folder)
    print(model.format, float(model.scores(read_grey(sys.argv[1], model.card["depth"]))[0, 1]))
assert not {"tensorflow", "keras"} & set(sys.modules)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_a_model_gives_the_probabilities_of_its_networks(
    name: str, every_format: Path, expected: Callable[[np.ndarray], np.ndarray], greys: list[np.ndarray]
) -> None:
    format = FORMATS[name]
    model = open_model(every_format if name == "saved_model" else every_format / name)
    assert (model.format, model.card["classes"]) == (format.engine, ["well", "sick"])
    for grey in greys:
        found = model.scores(grey)
        assert (found.shape, found.dtype) == ((len(grey), 2), np.float32)
        assert found == pytest.approx(expected(grey), abs=format.tolerance)


@pytest.mark.slow
def test_onnx_openvino_and_litert_need_no_tensorflow(every_format: Path, finished_once: Path) -> None:
    image = finished_once / "images" / "007.png"
    models = [str(every_format / name) for name in ("onnx", "openvino", "litert")]
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, str(image), *models]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr
    found = dict(line.split() for line in result.stdout.splitlines())
    assert set(found) == {"onnx", "openvino", "litert"}
    assert [float(score) for score in found.values()] == pytest.approx([float(found["onnx"])] * 3, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["onnx", "openvino", "litert", "keras"])
def test_a_damaged_model_is_named(name: str, every_format: Path, tmp_path: Path) -> None:
    shutil.copytree(every_format / name / "1", tmp_path / "model")
    for file in (tmp_path / "model").glob("model.*"):
        file.write_bytes(b"damaged")
    with pytest.raises(OutputError, match="damaged"):
        open_model(tmp_path / "model")


def test_a_missing_package_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.onnx").touch()
    write_json(tmp_path / "radtl.json", {"format": 1})
    monkeypatch.setattr("radtl_tf.deploy.formats.table.find_spec", lambda name: None)
    with pytest.raises(ExperimentError, match=r"radtl_tf\[onnx\]"):
        open_model(tmp_path)


def test_a_card_without_a_model_file(tmp_path: Path) -> None:
    write_json(tmp_path / "radtl.json", {"format": 1})
    with pytest.raises(OutputError, match=r"model\.onnx"):
        open_model(tmp_path)


@pytest.mark.slow
def test_predict_scores_a_folder_without_tensorflow(every_format: Path, finished_once: Path, tmp_path: Path) -> None:
    images = finished_once / "images"
    found = {}
    for name in ("1", "onnx"):
        out = tmp_path / f"{name}.csv"
        words = ["predict", str(every_format / name), str(images), "--out", str(out)]
        command = [sys.executable, "-c", PREDICT, str(name != "onnx"), *words]
        subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
        found[name] = pd.read_csv(out)
    assert len(found["onnx"]) == 60 and found["onnx"]["valid"].all()
    assert found["onnx"]["path"].tolist() == found["1"]["path"].tolist()
    assert found["onnx"]["score"].tolist() == pytest.approx(found["1"]["score"].tolist(), abs=1e-5)


@pytest.mark.parametrize(
    "file", ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]
)
def test_a_damaged_saved_model_names_the_file(file: str, exported: Callable[[str], Path], tmp_path: Path) -> None:
    shutil.copytree(exported(SETTING), tmp_path / "model")
    place = tmp_path / "model" / "1" / file
    place.write_bytes(place.read_bytes()[:-100])
    with pytest.raises(OutputError, match=file) as caught:
        open_model(tmp_path / "model")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [{"positive": "well"}, {"format": 99}])
def test_a_card_that_is_not_the_exported_one(
    change: dict[str, object], exported: Callable[[str], Path], tmp_path: Path
) -> None:
    shutil.copytree(exported(SETTING), tmp_path / "model")
    place = tmp_path / "model" / "1" / "assets.extra" / "radtl.json"
    write_json(place, {**read_json(place), **change})
    with pytest.raises(OutputError, match=r"radtl\.json") as caught:
        open_model(tmp_path / "model")
    assert "\n" not in str(caught.value)


def test_a_model_of_format_1_is_read(exported: Callable[[str], Path], tmp_path: Path) -> None:
    shutil.copytree(exported(SETTING) / "1", tmp_path / "model")
    place = tmp_path / "model" / "assets.extra" / "radtl.json"
    facts = read_json(place)
    for later in ("files", "digest", "fold", "choice", "metrics", "data"):
        del facts[later]
    write_json(place, {**facts, "format": 1})
    assert open_model(tmp_path / "model").card["setting"] == SETTING


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        open_model(tmp_path)
