"""Experiments on the same images share the decoded images, and a damaged or missing file changes no number."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from radtl_tf.data.tfds import pixel_cache
from radtl_tf.experiment.plan.data import take_in
from radtl_tf.experiment.plan.pixels import pixels_of
from radtl_tf.records.folder import OutputFolder
from radtl_tf.training.device import prepare
from radtl_tf.training.features.array_cache import ArrayCache

Read = Callable[..., NDArray[np.float32]]
SIZE = 32


@pytest.fixture
def read(experiment_on_finished_data: Any, finished_once: Path, tmp_path: Path) -> Read:
    """Return a function that gives the pixels of an experiment in a new folder ``out``."""
    shutil.copytree(finished_once / "out" / "data", tmp_path / "first" / "data")
    first = experiment_on_finished_data()
    intake = take_in(first, OutputFolder(tmp_path / "first"))

    def pixels(out: str, limit: float = 1e9, **changes: Any) -> NDArray[np.float32]:
        experiment = experiment_on_finished_data(**changes)
        cache, device = ArrayCache(tmp_path / "cache", limit), prepare(experiment.training, experiment.seed)
        return pixels_of(intake, experiment, OutputFolder(tmp_path / out), cache, device)[SIZE]

    return pixels


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by the number of images whenever they are decoded."""
    numbers, images = list[int](), pixel_cache._images

    def counted(builder: Any, number: int, *more: Any) -> Any:
        numbers.append(number)
        return images(builder, number, *more)

    monkeypatch.setattr(pixel_cache, "_images", counted)
    return numbers


def _file(tmp_path: Path, out: str) -> Path:
    return OutputFolder(tmp_path / out).pixels(SIZE)


def test_a_second_experiment_decodes_nothing_and_needs_no_room(read: Read, decoded: list[int], tmp_path: Path) -> None:
    one, other = read("one"), read("other", training={"epochs": 7})
    assert len(decoded) == 1
    assert np.array_equal(one, other) and one.shape[1:] == (SIZE, SIZE, 1)
    assert _file(tmp_path, "one").samefile(_file(tmp_path, "other"))
    read("third", training={"resize": "stretch"})
    assert len(decoded) == 2


def test_one_flipped_bit_is_seen_and_repaired_for_all(read: Read, decoded: list[int], tmp_path: Path) -> None:
    right = read("one").copy()
    with _file(tmp_path, "one").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x01")
    assert np.array_equal(read("other"), right)
    assert np.array_equal(read("one"), right)
    assert np.array_equal(read("third"), right)
    assert len(decoded) == 3  # "one" holds the damaged file, and the others share the new one


def test_without_links_every_experiment_has_its_own(
    read: Read, decoded: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    assert np.array_equal(read("one"), read("other"))
    assert len(decoded) == 2 and not list(tmp_path.glob("cache/*/key.json"))


def test_others_cannot_read_them_in_a_cache_of_a_group(read: Read, decoded: list[int], tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o770)
    read("one")
    read("other")
    assert len(decoded) == 2


def test_images_that_would_displace_many_features_are_not_kept(read: Read, decoded: list[int]) -> None:
    size = read("one", 0).nbytes
    read("two", 9 * size)
    assert len(decoded) == 2
    read("three", 11 * size)
    read("four", 11 * size)
    assert len(decoded) == 3
