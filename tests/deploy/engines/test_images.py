"""A radiograph becomes the tensor that training used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radtl_tf.data.decoding.images import decode
from radtl_tf.data.phantoms.write import write_phantoms
from radtl_tf.data.preprocessing.resizing import to_unit
from radtl_tf.deploy import read_grey
from radtl_tf.deploy.engines.images import as_grey
from radtl_tf.errors import DataError


def test_every_value_is_as_in_training() -> None:
    pixels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    assert np.array_equal(as_grey(pixels), to_unit(pixels).numpy()[..., 0])


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_picture(name: str, tmp_path: Path) -> None:
    Image.fromarray(np.full((5, 7), 51, np.uint8)).save(tmp_path / name)
    grey = read_grey(tmp_path / name)
    assert (grey.shape, grey.dtype) == ((1, 5, 7, 1), np.float32)
    assert grey == pytest.approx(0.2, abs=1e-3)


def test_a_dicom_file(tmp_path: Path) -> None:
    write_phantoms(tmp_path, kind="supernumerary", num_patients=4, seed=1, height=64)
    file = next((tmp_path / "images").rglob("*.dcm"))
    pixels = decode(file).pixels
    assert np.array_equal(read_grey(file), to_unit(pixels).numpy()[np.newaxis])


def test_a_picture_of_a_known_depth(tmp_path: Path) -> None:
    Image.fromarray(np.full((2, 2), 4095, np.uint16)).save(tmp_path / "a.png")
    assert read_grey(tmp_path / "a.png", 12).max() == 1
    assert read_grey(tmp_path / "a.png").max() < 0.1


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read_grey(tmp_path / "a.png")
