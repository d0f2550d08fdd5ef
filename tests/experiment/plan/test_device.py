"""The batch size of a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from radtl_tf.errors import OutputError
from radtl_tf.experiment.plan.device import with_batch_size
from radtl_tf.records.disk import read_json
from radtl_tf.records.folder import OutputFolder
from radtl_tf.training.device import Device


@pytest.mark.slow
def test_an_automatic_batch_size_becomes_a_number_that_holds_when_a_run_is_finished(
    make_plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(training={"batch_size": "auto"})
    assert plan.experiment.training.batch_size == 32
    assert read_json(plan.folder.experiment)["experiment"]["training"]["batch_size"] == 32
    with plan.folder.finishing(plan.runs[0]):
        pass
    monkeypatch.setattr("radtl_tf.experiment.plan.device.BATCH_SIZES", (4,))
    assert make_plan(training={"batch_size": "auto"}).experiment.training.batch_size == 32
    with pytest.raises(OutputError, match="batch_size: 32 .* 16 now"):
        make_plan(training={"batch_size": 16})


def test_on_a_gpu_every_tuning_that_learns_is_tried(make_experiment: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[int, int]] = []

    def step(trainer: Any, num_images: int) -> None:
        tried.append((len(trainer.suffix.layers), num_images))
        if num_images > 8:
            raise tf.errors.ResourceExhaustedError(None, None, "")

    monkeypatch.setattr("radtl_tf.experiment.plan.device.trial_step", step)
    gpu = Device(precision="float32", gpus=("a GPU",), threads=2, onednn=False)
    experiment = make_experiment(training={"batch_size": "auto"})
    found = with_batch_size(experiment, OutputFolder(Path("nowhere")), gpu)
    assert found.training.images_per_step == 8
    assert [size for _, size in tried] == [32, 16, 8]  # one tuning trains layers below the head
