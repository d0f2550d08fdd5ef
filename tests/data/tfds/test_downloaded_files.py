"""Files downloaded by hand are checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from radtl_tf.data.decoding.images import decode
from radtl_tf.data.tfds.downloaded_files import (
    as_png,
    child,
    content_hash,
    public_hash,
    read_csv,
    read_json,
    row_of,
    value_at,
)
from radtl_tf.errors import DataError


def test_a_folder_is_found_in_any_case_or_the_nearest_is_named(tmp_path: Path) -> None:
    (tmp_path / "CVM stages").mkdir()
    assert child(tmp_path, "CVM Stages").name == "CVM stages"
    assert child(tmp_path, "other", "cvm stages").name == "CVM stages"
    with pytest.raises(DataError, match="'CVM Stage' .*'CVM stages'"):
        child(tmp_path, "CVM Stage")
    with pytest.raises(DataError, match="'x'"):
        child(tmp_path / "none", "x")


@pytest.mark.parametrize("content", [b"{", b"", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.json"):
        read_json(tmp_path / "a.json")


def test_a_value_that_is_missing_is_named() -> None:
    record = json.loads('{"a": [{"b": 3}]}')
    assert value_at(record, "a", 0, "b") == 3
    for keys in (("a", 1), ("c",), ("a", "b"), ("a", 0, "b", "c")):
        with pytest.raises(DataError, match=str(keys[-1])):
            value_at(record, *keys)


def test_a_table_is_read_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\ufefffilename,label\na,x\nb,y\n", encoding="utf-8")
    assert list(read_csv(path, "filename", "label")) == [
        (2, {"filename": "a", "label": "x"}),
        (3, {"filename": "b", "label": "y"}),
    ]
    with pytest.raises(DataError, match="'file'.*'filename'"):
        list(read_csv(path, "file"))
    path.write_text("filename,label\na\n")
    with pytest.raises(DataError, match="line 2 "):
        list(read_csv(path, "filename", "label"))


def test_a_row_leaves_its_folder_neither_by_path_nor_by_link(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.png").write_bytes(encoded(np.zeros((3, 3), np.uint8)))
    (tmp_path / "in" / "a.png").write_bytes(encoded(np.zeros((3, 3), np.uint8)))
    (tmp_path / "in" / "link.png").symlink_to(tmp_path / "out.png")
    row = row_of(tmp_path / "in", "a.png", 1, "x", "7", age="5", view="")
    assert (row.label, row.patient, dict(row.metadata)) == ("x", public_hash("7"), {"age": "5"})
    for name in ("../out.png", "link.png", str(tmp_path / "out.png"), "none.png", ""):
        with pytest.raises(DataError, match="line 9: "):
            row_of(tmp_path / "in", name, 9, "x", "7")


def test_copies_have_one_hash(tmp_path: Path) -> None:
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).write_bytes(content)
    assert content_hash(tmp_path / "a") == content_hash(tmp_path / "b") != content_hash(tmp_path / "c")


def test_bitmaps_become_png_without_loss_and_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from radtl_tf.data.tfds import downloaded_files as sources

    monkeypatch.setattr(sources, "_KEPT", 2)
    (tmp_path / "png").mkdir()
    pictures: list[Any] = [np.random.default_rng(n).integers(0, 256, (4, 5), dtype=np.uint8) for n in range(5)]
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"{number}.bmp")
    rows = [row_of(tmp_path, f"{number}.bmp", number, "x", "p") for number in range(5)]
    for picture, row in zip(pictures, as_png(rows, tmp_path / "png"), strict=True):
        np.testing.assert_array_equal(decode(row.source.path).pixels, picture.astype(np.uint16) * 257)
    assert len(list((tmp_path / "png").iterdir())) == 2
    (tmp_path / "0.bmp").write_bytes(b"BM nothing")
    with pytest.raises(DataError, match="line 0: "):
        list(as_png(rows, tmp_path / "png"))
