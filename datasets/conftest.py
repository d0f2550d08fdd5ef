"""Fixtures for tests of data sets that users download by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.data.tfds.builders import build_named
from radtl_tf.errors import DataError


@pytest.fixture
def refuses_what_is_missing(tmp_path: Path) -> Callable[..., None]:
    """Return ``check(name, files, removed, said)``: a build without all of its files ends with a one-line error."""

    def check(name: str, files: Path, removed: str, said: str) -> None:
        with pytest.raises(DataError, match=f"{name}: .*manual_dir") as caught:
            build_named(name, tmp_path)
        assert "\n" not in str(caught.value)
        shutil.copytree(files, tmp_path / "source")
        broken = tmp_path / "source" / removed
        shutil.rmtree(broken) if broken.is_dir() else broken.unlink()
        with pytest.raises(DataError, match=said):
            build_named(name, tmp_path, tmp_path / "source")

    return check
