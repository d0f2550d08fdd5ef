"""Plans of small experiments."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.plan.plan import make_plan as plan_of
from radtl_tf.records.folder import OutputFolder
from radtl_tf.training.device import prepare


@pytest.fixture
def make_plan(make_experiment: Any, tmp_path: Path) -> Callable[..., Plan]:
    """Return a function that plans a small experiment in a folder; keywords change sections of its file."""

    def make(out: Path | str = "out", *, cache: Path | None = None, **sections: Any) -> Plan:
        experiment = make_experiment(**sections)
        device = prepare(experiment.training, experiment.seed)
        places = {"weights_folder": tmp_path, "cache_folder": cache}
        return plan_of(experiment, OutputFolder(tmp_path / out), device=device, **places)

    return make


@pytest.fixture
def plan_on_read_images(make_plan: Any, finished_once: Path, tmp_path: Path) -> Callable[..., Plan]:
    """Return ``make_plan`` for tests of what follows: its images are read already, which is most of its time."""

    def make(out: Path | str = "out", **changes: Any) -> Plan:
        shutil.copytree(finished_once / "out" / "data", tmp_path / out / "data", dirs_exist_ok=True)
        return make_plan(out, **changes)

    return make


@pytest.fixture
def planned(finished_plan: Plan, tmp_path: Path) -> Plan:
    """Return a plan without a finished run and without features."""
    folder = tmp_path / "planned"
    shutil.copytree(finished_plan.folder.root, folder, ignore=shutil.ignore_patterns("runs", "features"))
    return replace(finished_plan, folder=OutputFolder(folder), cache=folder / "features")
