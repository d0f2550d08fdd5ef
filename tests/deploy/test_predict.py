"""Scoring new files: a bad file affects only itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from radtl_tf.data.decoding import worker_pool as workers
from radtl_tf.deploy.export import export
from radtl_tf.deploy.predict import Model, Score, load_model, predict
from radtl_tf.errors import OutputError
from radtl_tf.records.disk import read_json, write_json
from radtl_tf.records.folder import OutputFolder

SETTING = "Tiny-mine-tf-frozen"


def test_a_bad_file_costs_that_file(finished: OutputFolder, tmp_path: Path) -> None:
    export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n")
    files = [tmp_path / "images" / "000.png", bad, tmp_path / "images" / "001.png"]
    scores = list(predict(load_model(tmp_path / "model"), files))
    assert [score.path for score in scores] == files
    assert [score.score is None for score in scores] == [False, True, False]
    assert scores[1].error and "\n" not in scores[1].error


def test_a_file_that_ends_its_decoder_costs_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules, files = tmp_path / "modules", [tmp_path / f"{name}.png" for name in ("good", "crash", "other")]
    modules.mkdir()
    (modules / "harmful_worker.py").write_text(
        "import os\nfrom radtl_tf.data.decoding import worker_process as worker\nreal = worker.measure\n"
        "worker.measure = lambda data, *rest: os.abort() if data.endswith(b'crash') else real(data, *rest)\n"
        "worker.main()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(modules))
    monkeypatch.setattr(workers, "_NAME", "harmful_worker")
    for path in files:
        Image.fromarray(np.full((4, 4), 51, np.uint8)).save(path)
    files[1].write_bytes(files[1].read_bytes() + b"crash")

    def brightness(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"score": tf.reduce_mean(tf.cast(pixels, tf.float32), axis=[1, 2, 3]) / 65535}

    scores = list(predict(Model(brightness, {}, None), files))
    assert [score.score and round(score.score, 6) for score in scores] == [0.2, None, 0.2]
    assert "(Aborted)" in (scores[1].error or "")


def test_a_model_of_several_classes_gives_a_score_of_each(tmp_path: Path) -> None:
    Image.fromarray(np.repeat(np.array([[51], [102], [204]], np.uint8), 4, axis=1)).save(tmp_path / "image.png")

    def rows(pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": tf.reduce_mean(tf.cast(pixels, tf.float32), axis=[2, 3]) / 65535}

    (found,) = predict(Model(rows, {}, None), [tmp_path / "image.png"])
    assert found.scores == pytest.approx((0.2, 0.4, 0.8))


def test_a_score_of_zero_is_a_score() -> None:
    assert (Score(Path(), (0.0,)).score, Score(Path(), None, "damaged").score) == (0.0, None)


@pytest.mark.parametrize(
    "file", ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]
)
def test_a_damaged_model(file: str, exported: Callable[[str], Path], tmp_path: Path) -> None:
    shutil.copytree(exported(SETTING), tmp_path / "model")
    place = tmp_path / "model" / "1" / file
    place.write_bytes(place.read_bytes()[:-100])
    with pytest.raises(OutputError, match=file) as caught:
        load_model(tmp_path / "model")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [{"positive": "well"}, {"format": 99}])
def test_a_card_that_is_not_the_exported_one(
    change: dict[str, object], exported: Callable[[str], Path], tmp_path: Path
) -> None:
    shutil.copytree(exported(SETTING), tmp_path / "model")
    place = tmp_path / "model" / "1" / "assets.extra" / "radtl.json"
    write_json(place, {**read_json(place), **change})
    with pytest.raises(OutputError, match=r"radtl\.json") as caught:
        load_model(tmp_path / "model")
    assert "\n" not in str(caught.value)


def test_a_model_of_format_1_is_read(exported: Callable[[str], Path], tmp_path: Path) -> None:
    shutil.copytree(exported(SETTING) / "1", tmp_path / "model")
    place = tmp_path / "model" / "assets.extra" / "radtl.json"
    facts = read_json(place)
    for later in ("files", "digest", "fold", "choice", "metrics", "data"):
        del facts[later]
    write_json(place, {**facts, "format": 1})
    assert load_model(tmp_path / "model").card["setting"] == SETTING


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        load_model(tmp_path)
