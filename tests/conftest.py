"""What all tests share: TensorFlow's environment, and the real radiographs and weights of the tests marked ``real``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import radtl_tf  # noqa: F401  (sets what TensorFlow reads at its first import, before a test module imports it)


def _why_no_real_folder() -> str:
    """Return what is missing for the tests on real data, or an empty string."""
    if not os.environ.get("RADTL_REAL"):
        return "RADTL_REAL is not set: name the folder that holds data/chest400 and weights"
    missing = [name for name in ("data/chest400/labels.csv", "weights") if not _real(name).exists()]
    return f"the folder RADTL_REAL has no {' and no '.join(missing)}" if missing else ""


def _real(name: str) -> Path:
    return Path(os.environ["RADTL_REAL"]).expanduser().resolve() / name


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked ``real`` where there is nothing real, and say what is missing."""
    if item.get_closest_marker("real") and (reason := _why_no_real_folder()):
        pytest.skip(reason)


@pytest.fixture(scope="session")
def real_folder() -> Path:
    """Return the folder with ``data/chest400`` and ``weights``."""
    if reason := _why_no_real_folder():
        pytest.skip(reason)
    return _real(".")
