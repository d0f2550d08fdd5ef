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
    return planner(make_experiment, data=tmp_path, root=tmp_path)


@pytest.fixture
def plan_on_read_images(experiment_on_finished_data: Any, finished_once: Path, tmp_path: Path) -> Callable[..., Plan]:
    """Return ``make_plan`` with images that are already read, which saves most of its time."""
    make = planner(experiment_on_finished_data, data=finished_once, root=tmp_path)

    def on_read(out: Path | str = "out", **changes: Any) -> Plan:
        shutil.copytree(finished_once / "out" / "data", tmp_path / out / "data", dirs_exist_ok=True)
        return make(out, **changes)

    return on_read


def planner(make_experiment: Any, *, data: Path, root: Path) -> Callable[..., Plan]:
    """Return the function of ``make_plan``, for weights in the folder ``data`` and output below ``root``."""

    def make(out: Path | str = "out", *, cache: Path | None = None, **sections: Any) -> Plan:
        experiment = make_experiment(**sections)
        device = prepare(experiment.training, experiment.seed)
        places = {"weights_folder": data, "cache_folder": cache}
        return plan_of(experiment, OutputFolder(root / out), device=device, **places)

    return make


@pytest.fixture
def planned(finished_plan: Plan, tmp_path: Path) -> Plan:
    """Return a plan without a finished run and without features."""
    folder = tmp_path / "planned"
    shutil.copytree(finished_plan.folder.root, folder, ignore=shutil.ignore_patterns("runs", "features"))
    return replace(finished_plan, folder=OutputFolder(folder), cache=folder / "features")
