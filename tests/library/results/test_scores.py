"""``radtl_tf.predict``: the frame, and the errors of wrong input."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import radtl_tf as radtl
from radtl_tf.data.decoding.images import decode
from radtl_tf.deploy.quality import BITS, BRIGHTNESS, RANGE, SIZE, UNKNOWN
from radtl_tf.library.results.score_table import PATH, QUALITY, REASON, VALID
from radtl_tf.library.results.scores import ERROR

COLUMNS = ["valid", "reason", "score", "quality", "error"]


@pytest.mark.slow
def test_scores_of_files_and_of_a_data_set(compared: Path, tmp_path: Path, columns: dict[str, Any]) -> None:
    (tmp_path / "broken.png").write_bytes(b"no image")
    images = compared / "images"
    scores = radtl.predict(compared / "model", [images, tmp_path / "broken.png"])
    assert list(scores) == ["path", *COLUMNS] and len(scores) == 61
    assert scores["valid"].tolist() == [True] * 60 + [False]
    assert np.isnan(scores["score"].iloc[-1]) and scores["reason"].iloc[-1]
    assert scores["reason"].iloc[:-1].isna().all()
    assert scores["error"].equals(scores["reason"])
    assert not set(scores["quality"].dropna()) - {"size", "brightness", "size brightness"}
    data = radtl.Dataset.from_csv(compared / "labels.csv", **columns).subset([5, 2])
    by_row = radtl.predict(compared / "model", data)
    assert list(by_row) == ["row", *COLUMNS]
    assert by_row["row"].tolist() == [0, 1]
    assert by_row["score"].tolist() == pytest.approx(scores["score"].iloc[[5, 2]].tolist(), abs=1e-6)


def test_a_manifest_is_scored_in_its_order(compared: Path, tmp_path: Path) -> None:
    (compared / "list.csv").write_text("file\nimages/007.png\nimages/none.png\nimages/003.png\n")
    scores = radtl.predict(compared / "model", compared / "list.csv", path_column="file")
    assert scores["path"].tolist() == ["images/007.png", "images/none.png", "images/003.png"]
    assert scores["valid"].tolist() == [True, False, True]


def test_nothing_to_score_is_an_error(compared: Path, tmp_path: Path) -> None:
    with pytest.raises(radtl.errors.DataError):
        radtl.predict(compared / "model", compared / "nowhere")


def _no_model(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _truncated(folder: Path) -> None:
    (data,) = folder.glob("**/variables.data*")
    data.write_bytes(data.read_bytes()[:100])


def _truncated_index(folder: Path) -> None:
    (index,) = folder.glob("**/variables.index")
    index.write_bytes(index.read_bytes()[:40])


def _damaged(folder: Path) -> None:
    (graph,) = folder.glob("**/saved_model.pb")
    graph.write_bytes(b"damaged")


@pytest.mark.parametrize("harm", [_no_model, _truncated, _truncated_index, _damaged])
def test_a_damaged_model_is_refused_in_one_line(harm: Any, compared: Path, tmp_path: Path) -> None:
    shutil.copytree(compared / "model", tmp_path / "model")
    harm(tmp_path / "model")
    with pytest.raises(radtl.errors.OutputError) as error:
        radtl.predict(tmp_path / "model", compared / "images" / "000.png")
    assert "\n" not in str(error.value) and str(tmp_path / "model") in str(error.value)


@pytest.mark.slow
def test_scores_are_those_of_the_graph_and_overlays_show_every_scored_image(compared: Path, tmp_path: Path) -> None:
    tall = tmp_path / "tall.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (90, 31), np.uint8)).save(tall)
    (tmp_path / "broken.png").write_bytes(b"no image")
    files = [compared / "images" / "003.png", tmp_path / "broken.png", tall, compared / "images" / "004.png"]
    scores = radtl.predict(compared / "model", files, explain=tmp_path / "overlays")
    graph = tf.saved_model.load(str(compared / "model" / "1"))
    for file, score in zip(scores["path"], scores["score"], strict=True):
        if Path(file) != files[1]:
            pixels = tf.constant(decode(Path(file)).pixels[None, ..., None])
            assert score == pytest.approx(float(graph.signatures["pixels"](pixels=pixels)["score"][0]), abs=1e-6)
    names = sorted(file.name for file in (tmp_path / "overlays").iterdir())
    assert names == ["00001-003.png", "00003-tall.png", "00004-004.png"]
    assert "size" in scores["quality"].iloc[2].split()
    with pytest.raises(radtl.errors.OutputError):
        radtl.predict(compared / "model", files, explain=tmp_path / "overlays")


def test_a_model_without_maps_says_so(compared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radtl_tf.deploy.graph.explain.SIGNATURE", "other")
    with pytest.raises(radtl.errors.OutputError) as error:
        radtl.predict(compared / "model", compared / "images" / "003.png", explain=tmp_path / "overlays")
    assert "\n" not in str(error.value) and not (tmp_path / "overlays").exists()


def test_the_reference_has_every_column_and_code() -> None:
    page = (Path(radtl.__file__).parents[1] / "docs" / "reference" / "scores.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w<>]+)` \|", page, flags=re.M)
    columns = [PATH, VALID, REASON, "score", "stage", "above_<name>", QUALITY, ERROR]
    assert rows == [*columns, SIZE, BRIGHTNESS, BITS, RANGE, UNKNOWN]
