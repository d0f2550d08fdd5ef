from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.data.preprocessing.resizing import RESIZES, preprocess
from radtl_tf.data.tfds import pixel_cache as pixel_files
from radtl_tf.data.tfds.builders import build_manifest
from radtl_tf.data.tfds.pixel_cache import pixel_cache, read_pixels
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

RANDOM = np.random.default_rng(3)
SIZE = 32


@pytest.fixture
def builder(tmp_path: Path, encoded: Callable[..., bytes]) -> Any:
    """Return a built data set of six images of different sizes."""
    rows = ["path,label"]
    for number in range(6):
        pixels = RANDOM.integers(0, 65536, (20 + number, 30), dtype=np.uint16)
        (tmp_path / f"{number}.png").write_bytes(encoded(pixels))
        rows.append(f"{number}.png,{'ab'[number % 2]}")
    (tmp_path / "m.csv").write_text("\n".join(rows))
    manifest = read_manifest(tmp_path / "m.csv")
    cases = cases_of(manifest, Task(positive="a", one_image_per_patient=True), bytes(32))
    return build_manifest(manifest, cases, tmp_path / "tfds")


@pytest.mark.parametrize("policy", RESIZES)
def test_the_cache_holds_each_example_in_its_row(builder: Any, tmp_path: Path, policy: str) -> None:
    pixels = pixel_cache(builder, 6, SIZE, policy, tmp_path / "cache" / "pixels.npy")
    assert isinstance(pixels, np.memmap)
    assert (pixels.shape, pixels.dtype) == ((6, SIZE, SIZE, 1), np.float32)
    for number in range(6):
        image = np.asarray(Image.open(tmp_path / f"{number}.png")).astype(np.uint16)
        np.testing.assert_allclose(pixels[number], preprocess(image, SIZE, policy), atol=1e-6)


def test_a_complete_cache_is_used_again_and_another_key_rebuilds_it(
    builder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pixels.npy"
    first = np.array(pixel_cache(builder, 6, SIZE, "pad", path))
    written = path.stat().st_mtime_ns
    pixel_cache(builder, 6, SIZE, "pad", path)
    assert path.stat().st_mtime_ns == written
    assert not np.array_equal(first, pixel_cache(builder, 6, SIZE, "stretch", path))
    assert pixel_cache(builder, 6, 16, "stretch", path).shape == (6, 16, 16, 1)
    monkeypatch.setattr(pixel_files, "fingerprint", lambda _: "other data")
    written = path.stat().st_mtime_ns
    pixel_cache(builder, 6, 16, "stretch", path)
    assert path.stat().st_mtime_ns != written


def test_a_cache_is_read_without_its_data_set_if_it_is_of_these_data(builder: Any, tmp_path: Path) -> None:
    path = tmp_path / "pixels.npy"
    written, data = np.array(pixel_cache(builder, 6, SIZE, "pad", path)), pixel_files.fingerprint(builder)
    np.testing.assert_array_equal(read_pixels(path, 6, SIZE, "pad", data), written)
    for other in ((7, SIZE, "pad", data), (6, SIZE, "stretch", data), (6, SIZE, "pad", "other data")):
        with pytest.raises(DataError, match="pixels.npy"):
            read_pixels(path, *other)
    path.unlink()
    with pytest.raises(DataError, match="missing"):
        read_pixels(path, 6, SIZE, "pad", data)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "said"), [("key", 0), ("pixels", 0), ("cut", 1), ("bit", 1), ("header", 1), ("earlier version", 1)]
)
def test_an_incomplete_or_damaged_cache_is_rebuilt(
    builder: Any, tmp_path: Path, damage: str, said: int, caplog: pytest.LogCaptureFixture
) -> None:
    path, key = tmp_path / "pixels.npy", tmp_path / "pixels.npy.json"
    first = np.array(pixel_cache(builder, 6, SIZE, "pad", path))
    if damage == "key":
        key.write_text("{")
    elif damage == "earlier version":
        known = json.loads(key.read_text())
        del known["blake2b"]
        key.write_text(json.dumps(known))
    elif damage == "cut":
        os.truncate(path, path.stat().st_size - 1000)
    else:
        content = bytearray(path.read_bytes())
        content[-2 if damage == "bit" else 24] ^= 1
        path.unlink()
        if damage != "pixels":
            path.write_bytes(content)
    if damage != "key":
        with pytest.raises(DataError, match="damaged"):
            read_pixels(path, 6, SIZE, "pad", pixel_files.fingerprint(builder))
    np.testing.assert_array_equal(pixel_cache(builder, 6, SIZE, "pad", path), first)
    pixel_cache(builder, 6, SIZE, "pad", path)
    assert len([record for record in caplog.records if record.name == pixel_files.__name__]) == said


def test_a_kill_while_the_cache_is_written_leaves_nothing_that_counts(
    builder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cache" / "pixels.npy"

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pixel_files, "write_json", die)
        with pytest.raises(KeyboardInterrupt):
            pixel_cache(builder, 6, SIZE, "pad", path)
    assert not path.with_name("pixels.npy.json").exists()
    pixel_cache(builder, 6, SIZE, "pad", path)
    assert sorted(file.name for file in path.parent.iterdir()) == ["pixels.npy", "pixels.npy.json"]
    assert json.loads(path.with_name("pixels.npy.json").read_text())["policy"] == "pad"


@pytest.mark.parametrize("number", [5, 7])
def test_a_data_set_of_another_length_is_refused(builder: Any, tmp_path: Path, number: int) -> None:
    with pytest.raises(DataError, match="data set radiographs"):
        pixel_cache(builder, number, SIZE, "pad", tmp_path / "pixels.npy")
    assert not (tmp_path / "pixels.npy").exists()
