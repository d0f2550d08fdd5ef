"""The events of a run, and the columns of the grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util.tensor_util import make_ndarray

from radtl_tf.records.runs import Run, Scenario, Setting
from radtl_tf.training.learned_weights import Learned
from radtl_tf.training.run import Epoch, Outcome
from radtl_tf.training.tensorboard.run_events import Monitor, describe, write_run

SCENARIO = Scenario(Setting("ResNet50", "random", "caffe", "frozen"), 0.01)
RUN = Run(SCENARIO, 0, 2)
EPOCHS = [
    Epoch(epoch, loss=1 / epoch, inner_loss=0.5 + epoch, inner_auroc=0.8, seconds=1, waiting=0) for epoch in (1, 2)
]


def outcome(best: int) -> Outcome:
    empty = np.zeros(1, np.float32)
    learned = Learned(suffix=[], kernel=empty, bias=empty, mean=empty, sd=empty)
    return Outcome(EPOCHS, best_epoch=best, converged=True, diverged=False, scores={}, learned=learned)


def hparams(folder: Path) -> list[plugin_data_pb2.HParamsPluginData]:
    """Return the hyper-parameter records in the event files directly in ``folder``."""
    events = EventAccumulator(str(folder)).Reload()
    tags = events.PluginTagToContent("hparams").values()
    return [plugin_data_pb2.HParamsPluginData.FromString(content) for content in tags]


def scalars(folder: Path, tag: str) -> list[Any]:
    events = EventAccumulator(str(folder)).Reload().Tensors(tag)
    return [(event.step, float(make_ndarray(event.tensor_proto))) for event in events]


def test_a_run_has_its_curves_its_hyperparameters_and_the_metrics_of_the_kept_epoch(tmp_path: Path) -> None:
    write_run(tmp_path, RUN, outcome(best=1))
    place = tmp_path / "ResNet50-random-caffe-frozen" / "0.01" / "0-2"
    assert scalars(place, "loss") == [(1, pytest.approx(1.0)), (2, pytest.approx(0.5))]
    assert scalars(place, "inner_auroc") == [(1, pytest.approx(0.8)), (2, pytest.approx(0.8))]
    assert scalars(place, "best/inner_loss") == [(1, pytest.approx(1.5))]
    assert scalars(place, "best/inner_auroc") == [(1, pytest.approx(0.8))]
    (started,) = (data.session_start_info for data in hparams(place) if data.HasField("session_start_info"))
    assert started.group_name == SCENARIO.name  # the folds of a scenario share a row
    assert started.hparams["weights"].string_value == "random"
    assert started.hparams["learning_rate"].number_value == 0.01
    assert any(data.HasField("session_end_info") for data in hparams(place))


def test_a_run_that_kept_its_start_has_no_best_epoch(tmp_path: Path) -> None:
    write_run(tmp_path, RUN, outcome(best=0))
    tags = EventAccumulator(str(tmp_path / RUN.events)).Reload().Tags()["tensors"]
    assert "best/inner_loss" not in tags


def test_epochs_can_be_watched_before_the_run_ends(tmp_path: Path) -> None:
    with Monitor(tmp_path, RUN) as monitor:
        for number, row in enumerate(EPOCHS, start=1):
            monitor(row)
            assert len(scalars(tmp_path / RUN.events, "inner_loss")) == number
    assert not any(data.HasField("session_end_info") for data in hparams(tmp_path / RUN.events))  # not finished


def test_a_second_try_drops_the_events_of_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        with Monitor(tmp_path, RUN) as monitor:
            monitor(EPOCHS[0])
    assert len(list((tmp_path / RUN.events).iterdir())) == 1


def test_columns_that_differ_are_marked_and_no_more_than_tensorboard_shows(tmp_path: Path) -> None:
    grid = [
        Scenario(Setting("ResNet50", weights, "caffe", "frozen"), rate)
        for weights in ("random", "imagenet")
        for rate in (0.01, 0.001)
    ]
    for _ in range(2):  # a resumed experiment describes its grid again
        describe(tmp_path, grid)
    assert len(list(tmp_path.iterdir())) == 1
    (described,) = (data.experiment for data in hparams(tmp_path) if data.HasField("experiment"))
    columns = {info.name: info for info in described.hparam_infos}
    assert columns.keys() == {"backbone", "weights", "pixels", "tuning", "learning_rate"}
    assert {name for name, info in columns.items() if info.differs} == {"weights", "learning_rate"}
    assert list(columns["learning_rate"].domain_discrete) == [0.001, 0.01]
    assert {info.name.tag for info in described.metric_infos} == {"best/inner_loss", "best/inner_auroc", "test/auroc"}


def test_the_share_of_the_training_patients_is_a_column_if_there_are_several(tmp_path: Path) -> None:
    settings = [Setting("ResNet50", "random", "caffe", "frozen", share) for share in (0.5, 1.0)]
    describe(tmp_path, [Scenario(setting, 0.01) for setting in settings])
    (described,) = (data.experiment for data in hparams(tmp_path) if data.HasField("experiment"))
    assert "train_fraction" in {info.name for info in described.hparam_infos if info.differs}
