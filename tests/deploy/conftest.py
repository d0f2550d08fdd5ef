"""A finished small experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radtl_tf.experiment.engine import collect_predictions, execute
from radtl_tf.experiment.plan import make_plan
from radtl_tf.records.folder import OutputFolder
from radtl_tf.training.device import prepare


@pytest.fixture
def finished(make_experiment: Any, tmp_path: Path) -> OutputFolder:
    """Return the output folder of an experiment with all its runs done."""
    experiment = make_experiment()
    folder = OutputFolder(tmp_path / "out")
    device = prepare(experiment.training, experiment.seed)
    plan = make_plan(experiment, folder, device=device, weights_folder=tmp_path)
    for _ in execute(plan):
        pass
    collect_predictions(plan)
    return folder
