"""Values of a data set: computed once, and again when a file was written again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from radtl_tf.data.tfds.known_values import FILE, remembered


@pytest.fixture
def builder(tmp_path: Path) -> Any:
    shard = tmp_path / "x.tfrecord"
    shard.write_bytes(b"abc")
    return SimpleNamespace(
        data_path=str(tmp_path), info=SimpleNamespace(splits={"examples": SimpleNamespace(filepaths=[str(shard)])})
    )


@pytest.fixture
def compute() -> Callable[[], str]:
    numbers = iter("12345")
    return lambda: next(numbers)


def test_a_value_is_computed_once(builder: Any, compute: Callable[[], str]) -> None:
    assert [remembered(builder, "a", compute) for _ in range(2)] == ["1", "1"]


@pytest.mark.parametrize("change", ["bytes", "time", "gone", "damaged"])
def test_another_file_has_another_value(change: str, builder: Any, compute: Callable[[], str], tmp_path: Path) -> None:
    remembered(builder, "a", compute)
    shard, known = tmp_path / "x.tfrecord", tmp_path / FILE
    if change == "bytes":
        shard.write_bytes(b"abcd")
    elif change == "time":
        os.utime(shard, (1, 1))
    elif change == "gone":
        shard.unlink()
    else:
        known.write_text(known.read_text().replace('"1"', '"9"'))
    assert remembered(builder, "a", compute) == "2"


def test_a_folder_that_cannot_be_written_keeps_nothing(builder: Any, compute: Callable[[], str]) -> None:
    builder.data_path = str(Path(builder.data_path) / "x.tfrecord")  # a file, where a folder is expected
    assert [remembered(builder, "a", compute) for _ in range(2)] == ["1", "2"]
