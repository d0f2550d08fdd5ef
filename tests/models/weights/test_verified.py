"""A weights file that has passed the check is known again, until it changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from radtl_tf.models.weights import verified
from radtl_tf.models.weights.verified import is_verified, remember_verified
from radtl_tf.places import cache_folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file that has passed the check as weights of A with the sha256 ``00``."""
    path = tmp_path / "mine.h5"
    path.write_bytes(b"weights")
    remember_verified(path, "A", "00")
    return path


def test_the_same_file_is_known(file: Path) -> None:
    assert is_verified(file, "A", "00")
    assert not is_verified(file, "B", "00")


def test_another_content_time_or_place_is_unknown(file: Path, tmp_path: Path) -> None:
    assert not is_verified(file, "A", "01")
    os.utime(file, (1, 1))
    assert not is_verified(file, "A", "00")
    other = tmp_path / "other.h5"
    file.rename(other)
    assert not is_verified(other, "A", "00")


def test_stricter_rules_check_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "_RULES", 2)
    assert not is_verified(file, "A", "00")


@pytest.mark.parametrize("content", ["", "{}", "[1, {}]", "[{"])
def test_a_damaged_list_is_ignored(file: Path, content: str) -> None:
    (place,) = cache_folder().glob("*.json")
    place.write_text(content)
    assert not is_verified(file, "A", "00")
    remember_verified(file, "A", "00")
    assert is_verified(file, "A", "00")


def test_the_oldest_is_forgotten(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "_MOST", 2)
    for backbone in ("B", "C"):
        remember_verified(file, backbone, "00")
    assert [is_verified(file, backbone, "00") for backbone in "ABC"] == [False, True, True]


def test_a_cache_that_cannot_be_written_is_no_error(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADTL_CACHE", str(file))
    remember_verified(file, "A", "00")
    assert not is_verified(file, "A", "00")
