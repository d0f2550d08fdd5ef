"""Overlays: one picture per scored image, in a new folder, all or none."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from radtl_tf.deploy.predict import Score
from radtl_tf.errors import OutputError
from radtl_tf.library.results.overlays import overlays
from radtl_tf.records.runs import BINARY, Target

GREY = np.full((32, 32), 0.5, np.float32)


def maps(*places: int) -> np.ndarray:
    found = np.zeros((4, 4, len(places)), np.float32)
    for column, place in enumerate(places):
        found[place, place, column] = 1
    return found


def test_the_picture_shows_the_map_of_the_highest_score(tmp_path: Path) -> None:
    with overlays(tmp_path / "out", Target("multiclass", ("a b", "c"))) as draw:
        draw(1, Score(Path("x/film.dcm"), (0.2, 0.9), saliency=(GREY, maps(0, 3))))
        draw(2, Score(Path("bad.png"), None, "damaged"))
        draw(3, Score(Path("x/film.dcm"), (0.9, 0.2), saliency=(GREY, maps(0, 3))))
        assert not (tmp_path / "out").exists()
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == ["00001-film-score_c.png", "00003-film-score_a_b.png"]
    for file, place in zip(files, (3, 0), strict=True):
        picture = imagecodecs.png_decode(file.read_bytes())
        assert picture.shape == (32, 32, 3)
        changed = np.abs(picture.astype(int) - 128).sum(axis=2)
        assert changed[8 * place + 4, 8 * place + 4] > 100 > changed[16, 16]


def test_the_picture_of_stages_shows_the_predicted_one_and_a_number_needs_no_name(tmp_path: Path) -> None:
    with overlays(tmp_path / "out", Target("ordinal", ("CS1", "CS2", "CS3"))) as draw:
        draw(1, Score(Path("a.png"), (0.45, 0.1, 0.45), saliency=(GREY, maps(0, 1, 2))))
    with overlays(tmp_path / "numbers", Target("regression", ())) as draw:
        draw(1, Score(Path("a.png"), (11.5,), saliency=(GREY, maps(1))))
    files = [file.name for folder in ("out", "numbers") for file in (tmp_path / folder).iterdir()]
    assert files == ["00001-a-score_CS2.png", "00001-a.png"]


def test_a_binary_model_names_no_class_and_nothing_is_overwritten(tmp_path: Path) -> None:
    with overlays(tmp_path / "out", BINARY) as draw:
        draw(12, Score(Path("a.png"), (0.2,), saliency=(GREY, maps(1))))
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["00012-a.png"]
    with pytest.raises(OutputError), overlays(tmp_path / "out", BINARY):
        pass


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), overlays(tmp_path / "out", BINARY) as draw:
        draw(1, Score(Path("a.png"), (0.2,), saliency=(GREY, maps(1))))
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
