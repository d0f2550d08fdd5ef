"""An experiment with one setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.experiment.one_setting import one_setting
from radtl_tf.records.experiment import Task

TASK = Task(manifest=Path("labels.csv").absolute(), positive="sick", patient="patient_id")


def test_the_grid_has_this_setting_only() -> None:
    found = one_setting(
        TASK, backbone="ResNet50", weights="imagenet", learning_rates=[0.1, 0.01], tuning="topK", layers=2, folds=3
    )
    assert found.task == TASK
    assert (found.grid.backbones, found.grid.weights, found.grid.pixels) == (("ResNet50",), ("imagenet",), ("native",))
    assert [(axis.mode, axis.layers, axis.learning_rates) for axis in found.grid.tunings] == [("topK", 2, (0.1, 0.01))]
    assert found.folds.count == 3


def test_a_file_is_declared_with_its_convention() -> None:
    found = one_setting(TASK, backbone="ResNet50", weights="a/mine.h5", pixels="tf", learning_rates=[0.1])
    assert found.grid.weights == ("mine",)
    assert found.weights["mine"].pixels == "tf"
    with pytest.raises(ExperimentError):
        one_setting(TASK, backbone="ResNet50", weights="a/mine.h5", learning_rates=[0.1])
