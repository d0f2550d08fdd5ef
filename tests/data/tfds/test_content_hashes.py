from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from radtl_tf.data.manifest.paths import ImageFile
from radtl_tf.data.tfds import content_hashes as module
from radtl_tf.data.tfds.content_hashes import FILE, content_hashes
from radtl_tf.errors import DataError
from radtl_tf.places import cache_folder

OLD = 1_600_000_000


def image(path: Path, content: bytes = b"pixels", changed: int = OLD) -> ImageFile:
    path.write_bytes(content)
    os.utime(path, (changed, changed))
    return of(path)


def of(path: Path) -> ImageFile:
    status = path.stat()
    return ImageFile(2, path, status.st_size, status.st_mtime_ns)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the list of the images that were read."""
    seen: list[Path] = []
    original = module._sha256
    monkeypatch.setattr(module, "_sha256", lambda source: (seen.append(source.path), original(source))[1])
    return seen


def test_an_image_is_read_once(tmp_path: Path, read: list[Path]) -> None:
    images = [image(tmp_path / "a.png"), image(tmp_path / "b.png", b"other")]
    expected = [hashlib.sha256(content).hexdigest() for content in (b"pixels", b"other")]
    assert content_hashes(images) == content_hashes(images) == expected
    assert len(read) == 2


def test_a_touched_image_is_read_again_and_keeps_its_hash(tmp_path: Path, read: list[Path]) -> None:
    before = content_hashes([image(tmp_path / "a.png")])
    assert content_hashes([image(tmp_path / "a.png", changed=OLD + 9)]) == before
    assert len(read) == 2


def test_an_image_that_has_just_changed_is_not_remembered(tmp_path: Path, read: list[Path]) -> None:
    (tmp_path / "a.png").write_bytes(b"pixels")
    for _ in range(2):
        content_hashes([of(tmp_path / "a.png")])
    assert len(read) == 2


@pytest.mark.parametrize("content", [b"no database", bytes(5000), b""])
def test_a_damaged_memory_is_made_again(tmp_path: Path, content: bytes, read: list[Path]) -> None:
    images = [image(tmp_path / "a.png")]
    before = content_hashes(images)
    (cache_folder() / FILE).write_bytes(content)
    for _ in range(2):
        assert content_hashes(images) == before
    assert len(read) == 2


def test_without_a_cache_every_image_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: list[Path]) -> None:
    monkeypatch.setenv("RADTL_CACHE", str(tmp_path / "file" / "cache"))
    (tmp_path / "file").write_text("in the way")
    images = [image(tmp_path / "a.png")]
    assert content_hashes(images) == content_hashes(images)
    assert len(read) == 2


def test_no_path_is_in_the_memory(tmp_path: Path) -> None:
    content_hashes([image(tmp_path / "PATIENT-NAME.png")])
    assert b"PATIENT-NAME" not in (cache_folder() / FILE).read_bytes()


def test_a_lost_image_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2"):
        content_hashes([ImageFile(2, tmp_path / "none.png", 1, OLD)])
