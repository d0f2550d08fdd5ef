"""Scoring new files: a row per file in order, batches, decoding ahead, and a bad file that affects only itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image

from radtl_tf.data.decoding import worker_pool as workers
from radtl_tf.data.preprocessing.resizing import resize
from radtl_tf.deploy import predict as module
from radtl_tf.deploy.predict import Score, predict

Grey = NDArray[np.float32]
RANDOM = np.random.default_rng(0)
BINARY = {"format": 2, "kind": "binary", "classes": ["well", "sick"], "image_size": 16, "resize": "pad"}


def brightness(grey: Grey) -> Grey:
    mean = grey.mean(axis=(1, 2, 3))
    return np.stack([1 - mean, mean], axis=1)


@dataclass
class Model:
    """A model that returns the brightness, and remembers the sizes of its batches."""

    format: str = "onnx"
    card: dict[str, Any] = field(default_factory=lambda: dict(BINARY))
    of: Callable[[Grey], Grey] = brightness
    sizes: list[tuple[int, ...]] = field(default_factory=list)

    def scores(self, grey: Grey) -> Grey:
        self.sizes.append(grey.shape[:3])
        return self.of(grey)


def write(folder: Path, *shapes: tuple[int, int]) -> list[Path]:
    """Write random images of these shapes."""
    files = [folder / f"{number}.png" for number in range(len(shapes))]
    for file, shape in zip(files, shapes, strict=True):
        Image.fromarray(RANDOM.integers(0, 256, shape, np.uint8)).save(file)
    return files


def test_a_bad_file_costs_that_file(tmp_path: Path) -> None:
    files = [*write(tmp_path, (8, 8), (8, 8)), tmp_path / "nowhere.png"]
    files[1].write_bytes(b"\x89PNG\r\n\x1a\n")
    scores = list(predict(Model(), [*files, files[0]]))
    assert [score.path for score in scores] == [*files, files[0]]
    assert [score.score is None for score in scores] == [False, True, True, False]
    assert all(score.error and "\n" not in score.error for score in scores[1:3])
    assert scores[0].reading and scores[0].reading.height == 8


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
    scores = list(predict(Model(), files))
    assert [score.score and round(score.score, 6) for score in scores] == [0.2, None, 0.2]
    assert "(Aborted)" in (scores[1].error or "")


def test_a_model_of_several_classes_gives_a_score_of_each(tmp_path: Path) -> None:
    Image.fromarray(np.repeat(np.array([[51], [102], [204]], np.uint8), 4, axis=1)).save(tmp_path / "image.png")
    card = BINARY | {"kind": "multiclass", "classes": ["a", "b", "c"]}
    model = Model(card=card, of=lambda grey: grey.mean(axis=(2, 3)))
    (found,) = predict(model, [tmp_path / "image.png"])
    assert found.scores == pytest.approx((0.2, 0.4, 0.8))


def test_the_first_score_is_early_and_the_others_come_in_batches_of_one_size(tmp_path: Path) -> None:
    model = Model()
    scores = predict(model, write(tmp_path, *[(8, 8)] * 3, (8, 9), *[(8, 8)] * 2))
    next(scores)
    assert model.sizes == [(1, 8, 8)]
    assert len(list(scores)) == 5
    assert model.sizes[1:] == [(2, 8, 8), (1, 8, 9), (2, 8, 8)]


@pytest.mark.parametrize(("limit", "sizes"), [(16, [1, 16, 3]), (5, [1, 5, 5, 5, 4])])
def test_a_batch_has_limits(limit: int, sizes: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PIXELS", limit * 64)
    model, (file,) = Model(), write(tmp_path, (8, 8))
    assert len(list(predict(model, [file] * 20))) == 20
    assert [number for number, *_ in model.sizes] == sizes


def test_files_are_read_only_a_little_ahead(tmp_path: Path) -> None:
    (file,), taken = write(tmp_path, (8, 8)), []

    def endless() -> Iterator[Path]:
        while True:
            taken.append(file)
            yield file

    scores = predict(Model(), endless())
    for _ in range(40):
        next(scores)
    scores.close()
    assert len(taken) < 40 + 5 * module.BATCH


@pytest.mark.parametrize("policy", ["pad", "stretch", "published"])
def test_a_model_of_tensorflow_gets_images_of_all_sizes_at_once_and_gives_the_same_scores(
    policy: str, tmp_path: Path
) -> None:
    files = write(tmp_path, (40, 30), (31, 50), (16, 16), (7, 90), (64, 64))
    card = BINARY | {"resize": policy}

    def of_graph(grey: Grey) -> Grey:  # as in the graph of a model, which resizes images of any size
        return brightness(resize(tf.constant(grey), 16, policy).numpy() ** 2)

    at_once, one_by_one = Model("saved_model", card, of_graph), Model("onnx", card, of_graph)
    expected = [score.score for score in predict(one_by_one, files)]
    assert [score.score for score in predict(at_once, files)] == pytest.approx(expected, abs=1e-6)
    assert at_once.sizes == [(1, 16, 16), (4, 16, 16)]


def test_a_white_image_stays_in_the_range_of_grey(tmp_path: Path) -> None:
    Image.fromarray(np.full((45, 37), 255, np.uint8)).save(tmp_path / "white.png")
    found: list[Grey] = []
    model = Model("saved_model", of=lambda grey: found.append(grey) or brightness(grey))
    list(predict(model, [tmp_path / "white.png"]))
    assert found[0].max() <= 1 and found[0].min() >= 0


def test_a_model_of_an_earlier_version_resizes_each_image_itself(tmp_path: Path) -> None:
    model = Model("saved_model", BINARY | {"format": 1})
    list(predict(model, write(tmp_path, (40, 30))))
    assert model.sizes == [(1, 40, 30)]


def test_maps_belong_to_their_images(tmp_path: Path) -> None:
    files = write(tmp_path, *[(16, 16)] * 4)
    files[2].write_bytes(b"no image")
    scores = list(predict(Model("saved_model"), files, explain=lambda grey: grey[:, ::2, ::2] * 3))
    assert scores[2].saliency is None
    for score in scores[:2] + scores[3:]:
        assert score.saliency is not None
        grey, maps = score.saliency
        assert grey.shape == (16, 16) and maps.shape == (8, 8, 1)
        np.testing.assert_array_equal(maps[..., 0], grey[::2, ::2] * 3)


def test_a_score_that_is_no_number_is_a_failure(tmp_path: Path) -> None:
    model = Model(of=lambda grey: brightness(grey) * [[np.nan], [1], [1]][: len(grey)])
    assert [one.score is None for one in predict(model, write(tmp_path, (8, 8), (8, 8)))] == [True, True]


def test_a_score_of_zero_is_a_score() -> None:
    assert (Score(Path(), (0.0,)).score, Score(Path(), None, "damaged").score) == (0.0, None)
