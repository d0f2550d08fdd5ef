"""Maps are written whole and read back unchanged, or refused with a one-line error."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from radtl_tf.errors import OutputError
from radtl_tf.report.saliency.store import (
    RADIOGRAPH,
    Drawn,
    DrawnCase,
    DrawnMap,
    Randomized,
    map_name,
    read_drawn,
    read_picture,
    write_drawn,
)

MAP = DrawnMap("imagenet", "ResNet50-imagenet", 0.75, "true positive", 0.5, "upper left", (7, 7))
DRAWN = Drawn(
    weights=("imagenet",),
    classes=("no", "yes"),
    rule="the rule",
    found={"true positive": 3},
    score_gap=1e-6,
    cases=(DrawnCase(12, 1, "true positive", (MAP,)),),
    randomized=(Randomized("imagenet", "ResNet50", "head", 0.25, 0.5, 1, 0),),
)
GREY = np.arange(64, dtype=np.uint8).reshape(8, 8)
COLOR = np.arange(256, dtype=np.uint8).reshape(8, 8, 4)
PICTURES = {(12, RADIOGRAPH): GREY, (12, map_name(0)): COLOR}


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    assert read_drawn(tmp_path) is None
    folder = write_drawn(tmp_path, DRAWN, PICTURES)
    assert sorted(path.name for path in folder.iterdir()) == [
        *("00012-map-1.png", "00012-radiograph.png", "saliency.json")
    ]
    assert read_drawn(tmp_path) == DRAWN
    np.testing.assert_array_equal(read_picture(tmp_path, 12, RADIOGRAPH), GREY)
    np.testing.assert_array_equal(read_picture(tmp_path, 12, map_name(0)), COLOR)


def test_another_drawing_takes_the_place_of_the_first(tmp_path: Path) -> None:
    write_drawn(tmp_path, DRAWN, PICTURES)
    write_drawn(tmp_path, replace(DRAWN, cases=()), {})
    assert [path.name for path in (tmp_path / "saliency").iterdir()] == ["saliency.json"]


def test_a_failure_leaves_the_first_drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_drawn(tmp_path, DRAWN, PICTURES)

    def full(_: Any) -> bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(imagecodecs, "png_encode", full)
    with pytest.raises(OutputError, match=os.strerror(errno.ENOSPC)):
        write_drawn(tmp_path, replace(DRAWN, cases=()), PICTURES)
    assert read_drawn(tmp_path) == DRAWN
    assert [path.name for path in tmp_path.iterdir()] == ["saliency"]


@pytest.mark.parametrize(
    "change", [{"format": 2}, {"cases": [{"example": 1}]}, {"more": 1}, {"weights": None}, {"randomized": [1]}]
)
def test_a_record_of_another_kind_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    path = write_drawn(tmp_path, DRAWN, PICTURES) / "saliency.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(OutputError, match="saliency"):
        read_drawn(tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_a_damaged_picture_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = write_drawn(tmp_path, DRAWN, PICTURES) / "00012-radiograph.png"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(OutputError, match="saliency"):
        read_picture(tmp_path, 12, RADIOGRAPH)
