"""A finished experiment whose folder may be changed."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.records.folder import OutputFolder


@pytest.fixture
def plan(finished_plan: Any, tmp_path: Path) -> Plan:
    """Return the finished plan on a copy of its output folder; features are taken from the original."""
    ignored = shutil.ignore_patterns("features", "tensorboard", "radiographs")
    shutil.copytree(finished_plan.folder.root, tmp_path / "out", ignore=ignored)
    return dataclasses.replace(finished_plan, folder=OutputFolder(tmp_path / "out"))
