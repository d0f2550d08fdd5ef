"""``radtl_tf.predict``: the frame, and the errors of wrong input."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import radtl_tf as radtl

COLUMNS = ["valid", "reason", "score", "quality", "error"]


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
