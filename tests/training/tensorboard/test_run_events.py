"""The event files for TensorBoard."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from radtl_tf.records.experiment import Experiment, FoldPlan, Grid, Task, TuningAxis
from radtl_tf.records.runs import Run, Scenario, Setting
from radtl_tf.training.run import Epoch
from radtl_tf.training.tensorboard import Monitor, describe

SCENARIO = Scenario(Setting("ResNet50", "random", "caffe", "frozen"), 0.01)
RUN = Run(SCENARIO, 0, 2)


def hparams(folder: Path) -> list[plugin_data_pb2.HParamsPluginData]:
    """Return the hyper-parameter records in the event files directly in ``folder``."""
    events = EventAccumulator(str(folder)).Reload()
    tags = events.PluginTagToContent("hparams").values()
    return [plugin_data_pb2.HParamsPluginData.FromString(content) for content in tags]


def test_a_run_has_its_curves_and_its_hyperparameters(tmp_path: Path) -> None:
    with Monitor(tmp_path, RUN) as monitor:
        for epoch in (1, 2):
            monitor(Epoch(epoch, loss=1 / epoch, inner_loss=0.5, inner_auroc=0.8, seconds=1, waiting=0))
    events = EventAccumulator(str(tmp_path / RUN.name)).Reload()
    losses = [(event.step, float(tf.make_ndarray(event.tensor_proto))) for event in events.Tensors("loss")]
    assert losses == [(1, pytest.approx(1.0)), (2, pytest.approx(0.5))]
    assert {"loss", "inner_loss", "inner_auroc"} <= set(events.Tags()["tensors"])
    started = next(
        data.session_start_info for data in hparams(tmp_path / RUN.name) if data.HasField("session_start_info")
    )
    assert started.hparams["backbone"].string_value == "ResNet50"
    assert started.hparams["learning_rate"].number_value == 0.01
    assert started.hparams["fold"].number_value == 2


def test_a_second_try_drops_the_events_of_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        with Monitor(tmp_path, RUN) as monitor:
            monitor(Epoch(1, 1.0, 1.0, 0.5, 1.0, 0.0))
    assert len(list((tmp_path / RUN.name).iterdir())) == 1


def test_the_grid_is_described_once(tmp_path: Path) -> None:
    experiment = Experiment(
        name="x",
        task=Task(positive="sick"),
        grid=Grid(
            backbones=("ResNet50",), weights=("random",), tunings=(TuningAxis(mode="frozen", learning_rates=(0.01,)),)
        ),
        folds=FoldPlan(count=3),
    )
    describe(tmp_path, experiment, [SCENARIO])
    (described,) = (data.experiment for data in hparams(tmp_path) if data.HasField("experiment"))
    assert {info.name for info in described.hparam_infos} >= {"backbone", "weights", "tuning", "learning_rate", "fold"}
    assert {info.name.tag for info in described.metric_infos} == {"inner_loss", "inner_auroc"}
