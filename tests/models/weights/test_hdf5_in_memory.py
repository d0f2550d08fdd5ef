"""HDF5 files are made in memory and written in one go."""

from __future__ import annotations

import errno
from pathlib import Path

import h5py
import numpy as np
import pytest

from radtl_tf.errors import OutputError
from radtl_tf.models.weights.hdf5_in_memory import hdf5_file
from radtl_tf.records.disk import temporary_file


def write(path: Path) -> None:
    with hdf5_file(path) as file:
        file["group/values"] = np.arange(6.0).reshape(2, 3)
        file.attrs["name"] = "x"


def test_equal_content_is_read_back_and_gives_equal_bytes(tmp_path: Path) -> None:
    for name in ("one.h5", "other.h5"):
        write(tmp_path / name)
    with h5py.File(tmp_path / "one.h5") as file:
        assert file["group/values"][:].tolist() == [[0, 1, 2], [3, 4, 5]] and file.attrs["name"] == "x"
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "other.h5").read_bytes()


def test_an_error_of_the_block_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), hdf5_file(tmp_path / "x.h5") as file:
        file["missing"]
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> int:
        _held = memoryview(content)  # as the method of pathlib does: the traceback keeps it
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="Make room"), temporary_file(tmp_path / "x.h5") as temporary:
        write(temporary)
    assert not list(tmp_path.iterdir())
