"""A finished small experiment."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from radtl_tf.records.folder import OutputFolder


@pytest.fixture
def finished(finished_once: Path, tmp_path: Path) -> OutputFolder:
    """Return the output folder of an experiment with all its runs done, a copy that a test may change."""
    for name in ("out", "images", "tiny.h5"):
        copy = shutil.copytree if (finished_once / name).is_dir() else shutil.copy
        copy(finished_once / name, tmp_path / name)
    return OutputFolder(tmp_path / "out")
