"""Write a run's scalars per epoch and its hyper-parameters for TensorBoard.

``history.csv`` is the reliable record: TensorFlow's writer silently loses events on a full disk.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams

from radtl_tf.records.experiment import Experiment
from radtl_tf.records.runs import Run, Scenario
from radtl_tf.training.run import Epoch

_SCALARS = ("loss", "inner_loss", "inner_auroc", "seconds", "waiting")
_METRICS = ("inner_loss", "inner_auroc")


def describe(folder: Path, experiment: Experiment, scenarios: list[Scenario]) -> None:
    """Write the hyper-parameters of the grid once, for the columns of TensorBoard's HPARAMS page."""
    settings = [scenario.setting for scenario in scenarios]
    domains: dict[str, set[Any]] = {
        "backbone": {setting.backbone for setting in settings},
        "weights": {setting.weights for setting in settings},
        "pixels": {setting.pixels for setting in settings},
        "tuning": {setting.tuning for setting in settings},
        "train_fraction": {setting.train_fraction for setting in settings},
        "learning_rate": {scenario.learning_rate for scenario in scenarios},
        "repeat": set(range(experiment.folds.repeats)),
        "fold": set(range(experiment.folds.count)),
    }
    with tf.summary.create_file_writer(str(folder)).as_default():
        hparams.hparams_config(
            hparams=[hparams.HParam(name, hparams.Discrete(sorted(values))) for name, values in domains.items()],
            metrics=[hparams.Metric(name, display_name=name.replace("_", " ")) for name in _METRICS],
        )


class Monitor:
    """The event file of one run; use it as a context manager."""

    def __init__(self, folder: Path, run: Run) -> None:
        """Start in ``folder/<run>`` and remove the events of an interrupted run."""
        place = folder / run.name
        shutil.rmtree(place, ignore_errors=True)
        self._writer = tf.summary.create_file_writer(str(place))
        record = run.scenario.as_dict()
        del record["scenario"]
        with self._writer.as_default():
            hparams.hparams({**record, "repeat": run.repeat, "fold": run.fold}, trial_id=run.name)

    def __call__(self, row: Epoch) -> None:
        """Write the scalars of one epoch."""
        with self._writer.as_default(step=row.epoch):
            for name in _SCALARS:
                tf.summary.scalar(name, getattr(row, name))
        self._writer.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
