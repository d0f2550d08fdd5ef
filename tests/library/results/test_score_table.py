"""The columns of a table of scores, for every kind of model, and its rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from radtl_tf.deploy.predict import Score
from radtl_tf.deploy.quality import Quality
from radtl_tf.library.results.score_sources import Source
from radtl_tf.library.results.score_table import ScoreTable
from radtl_tf.progress import Progress

POINTS = [{"name": "youden", "threshold": 0.2}, {"name": "sensitivity = 0.95", "threshold": 0.1}]
BINARY = {"kind": "binary", "classes": ["well", "sick"], "operating_points": POINTS}


@dataclass
class Model:
    card: dict[str, Any]
    format: str = "onnx"

    def scores(self, grey: np.ndarray) -> np.ndarray:
        mean = grey.mean(axis=(1, 2, 3))
        return np.stack([1 - mean, mean], axis=1)


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (BINARY, ("score", "above_youden", "above_sensitivity_0.95")),
        ({"kind": "binary", "classes": ["a", "b"]}, ("score",)),
        ({"kind": "multilabel", "classes": ["a", "b c"]}, ("score_a", "score_b c")),
        ({"kind": "ordinal", "classes": ["CS1", "CS2"]}, ("score_CS1", "score_CS2", "stage")),
        ({"kind": "regression", "classes": [], "label_unit": "years"}, ("score",)),
    ],
)
def test_the_columns_follow_the_card(card: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert ScoreTable(card).columns == ("path", "valid", "reason", *expected, "quality")
    assert ScoreTable(card, "row").columns[0] == "row"


@pytest.mark.parametrize(
    ("card", "scores", "cells"),
    [
        ({"kind": "ordinal", "classes": ["CS1", "CS2", "CS3"]}, (0.2, 0.5, 0.3), (0.2, 0.5, 0.3, "CS2")),
        ({"kind": "regression", "classes": [], "label_range": [8.0, 15.0]}, (16.5,), (16.5,)),
    ],
)
def test_the_cells_of_stages_and_numbers(
    card: dict[str, Any], scores: tuple[float, ...], cells: tuple[Any, ...], reading: Any
) -> None:
    table = ScoreTable(card)
    row = table._row("a.png", Score(Path("a.png"), scores, reading=reading()), Quality(card))
    assert row[:3] == ("a.png", True, None) and row[3:-1] == cells
    assert row[-1] == ("range unknown" if card["kind"] == "regression" else "unknown")


def test_a_row_per_source_in_order(tmp_path: Path) -> None:
    for name, grey in (("dark", 26), ("light", 204)):
        Image.fromarray(np.full((4, 4), grey, np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "bad.png").write_bytes(b"no image")
    files = [tmp_path / f"{name}.png" for name in ("light", "bad", "dark")]
    sources = [Source(file.stem, file) for file in files]
    sources.insert(1, Source("gone", tmp_path / "gone.png", "the image does not exist."))
    drawn: list[tuple[int, Score]] = []
    seen: list[Progress] = []
    rows = ScoreTable(BINARY).rows(Model(BINARY), sources, seen.append, None, [lambda *one: drawn.append(one)])
    found = list(rows)
    assert [row[:2] for row in found] == [("light", True), ("gone", False), ("bad", False), ("dark", True)]
    assert found[1][2:] == ("the image does not exist.", None, None, None, None)
    assert found[2][2] and found[2][3:] == (None,) * 4
    assert found[0][2:] == (None, pytest.approx(0.8), True, True, "unknown")
    assert found[3][2:] == (None, pytest.approx(26 / 255), False, True, "unknown")
    assert [number for number, _ in drawn] == [1, 2, 3, 4]
    assert [(one.done, one.total) for one in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert seen[-1].seconds_left == 0
