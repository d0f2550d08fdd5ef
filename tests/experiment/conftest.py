"""Plans of small experiments."""

from __future__ import annotations

from collections.abc import Callable
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
