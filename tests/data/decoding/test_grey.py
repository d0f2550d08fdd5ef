from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import psutil
import pytest
import tensorflow as tf

from radtl_tf.data.decoding import grey
from radtl_tf.data.decoding.grey import GREY_WEIGHTS, MAX_PIXELS, RefusedError, check_size, read_file, to_grey


def test_grey_is_the_rounded_weighted_mean_and_keeps_greys() -> None:
    values = np.random.default_rng(0).integers(0, 65536, (50, 40, 3)).astype(np.uint16)
    expected = np.floor(values @ np.array([0.299, 0.587, 0.114]) + 0.5)
    assert np.abs(to_grey(values) - expected).max() <= 1  # floating point may fall on the other side of a half
    equal = np.repeat(values[..., :1], 3, axis=2)
    np.testing.assert_array_equal(to_grey(equal), equal[..., 0])


def test_tensorflow_can_repeat_grey_to_the_bit() -> None:
    values = np.random.default_rng(1).integers(0, 65536, (50, 40, 3)).astype(np.uint16)
    weighted = tf.reduce_sum(tf.cast(values, tf.int32) * tf.constant(GREY_WEIGHTS), axis=-1)
    np.testing.assert_array_equal(to_grey(values), tf.cast((weighted + 500) // 1000, tf.uint16))


@pytest.mark.parametrize(
    ("height", "width", "code"), [(0, 5, "damaged"), (5, 0, "damaged"), (20000, 20000, "too-large")]
)
def test_sizes_without_pixels_or_above_the_budget_are_refused(height: int, width: int, code: str) -> None:
    with pytest.raises(RefusedError, match=f"{width} x {height}", check=lambda error: error.code == code):
        check_size(height, width)


def test_the_budget_itself_is_allowed() -> None:
    check_size(MAX_PIXELS // 10_000, 10_000)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    os.mkfifo(tmp_path / "pipe")
    assert read_file(tmp_path / "file") == b"content"
    for name, named in (("pipe", "pipe"), ("missing", os.strerror(errno.ENOENT)), (".", "folder")):
        with pytest.raises(RefusedError, match=named, check=lambda error: error.code == "unreadable"):
            read_file(tmp_path / name)


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, check=lambda error: error.code == "unreadable"):
        read_file(tmp_path / "a\0b")


def test_refusing_leaves_nothing_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    opened = psutil.Process().num_fds()
    for name in (".", "pipe", "missing"):
        with pytest.raises(RefusedError):
            read_file(tmp_path / name)
    assert psutil.Process().num_fds() == opened


def test_a_file_above_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grey, "MAX_BYTES", 10)
    (tmp_path / "file").write_bytes(bytes(11))
    with pytest.raises(RefusedError, check=lambda error: error.code == "too-large"):
        read_file(tmp_path / "file")
