from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.errors import DataError, OutputError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.data.stored_images import ImageRows, StoredImages, private_folder
from radtl_tf.places import data_folder


def test_the_whole_is_memory_mapped_and_a_part_is_its_rows(data: Dataset) -> None:
    whole = data.images.grey(32, "pad")
    assert isinstance(whole, np.memmap) and whole.shape == (62, 32, 32, 1)
    assert np.array_equal(data.images.at(np.array([4, 2])).grey(32, "pad"), whole[[4, 2]])
    assert [image.line for image in data.images.at(np.array([4, 2])).examined()] == [6, 4]


def test_only_the_user_can_open_the_folder() -> None:
    assert private_folder() == data_folder()
    assert stat.S_IMODE(data_folder().stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RADTL_CACHE", str(tmp_path / "file"))
    with pytest.raises(OutputError):
        private_folder()


def test_an_experiment_takes_a_built_data_set_as_a_whole(data: Dataset) -> None:
    assert isinstance(data.images, ImageRows)
    stored = StoredImages(data.cases, data.task, None, data.images._stored.builder)
    rows = ImageRows(stored, data.cases.examples)
    assert rows.source() is stored.builder
    with pytest.raises(DataError):
        rows.at(np.array([0])).source()
