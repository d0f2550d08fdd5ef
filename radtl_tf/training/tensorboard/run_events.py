"""The events of a run: its curves while it is trained, its hyper-parameters, and its final inner metrics."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import SessionEndInfo, SessionStartInfo

from radtl_tf.records.runs import Run, Scenario
from radtl_tf.training.run import Epoch, Outcome
from radtl_tf.training.tensorboard.event_file import (
    BEST_AUROC,
    BEST_LOSS,
    METRICS,
    EventFile,
    hparams_value,
    scalar,
)

_SCALARS = ("loss", "inner_loss", "inner_auroc", "seconds", "waiting")
_SHARE = "train_fraction"


def describe(folder: Path, scenarios: list[Scenario]) -> None:
    """Write the hyper-parameters and metrics of the grid, the columns of TensorBoard's HPARAMS page.

    The page hides all but five hyper-parameters, first those that do not differ: so there are five, and the share of
    the training patients only where the grid has several.
    """
    columns: dict[str, list[Any]] = {}
    for scenario in scenarios:
        for name, value in _hyperparameters(scenario).items():
            columns.setdefault(name, []).append(value)
    if len(set(columns[_SHARE])) == 1:
        del columns[_SHARE]
    metrics = [api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag), display_name=name) for tag, name in METRICS.items()]
    experiment = api_pb2.Experiment(
        hparam_infos=[_column(name, sorted(set(values))) for name, values in columns.items()],
        metric_infos=metrics,
        time_created_secs=time.time(),
    )
    with EventFile(folder, "grid") as file:
        file.write([hparams_value(metadata.EXPERIMENT_TAG, experiment=experiment)])


class Monitor:
    """The event file of one run; use it as a context manager.

    Runs of one scenario share a row of the HPARAMS page, which shows the means of their metrics.
    """

    def __init__(self, folder: Path, run: Run) -> None:
        """Start in ``folder/<run>`` and remove the events of an interrupted run.

        Raises:
            OutputError: the folder cannot be written, or the disk is full.
        """
        place = folder / run.events
        shutil.rmtree(place, ignore_errors=True)
        self._file = EventFile(place, "run")
        started = SessionStartInfo(group_name=run.scenario.name, start_time_secs=time.time())
        for name, value in _hyperparameters(run.scenario).items():
            kind = "string_value" if isinstance(value, str) else "number_value"
            setattr(started.hparams[name], kind, value)
        self._file.write([hparams_value(metadata.SESSION_START_INFO_TAG, session_start_info=started)])

    def __call__(self, row: Epoch) -> None:
        """Write the scalars of one epoch."""
        values = {name: getattr(row, name) for name in _SCALARS}
        self._file.write([scalar(name, value) for name, value in values.items() if value is not None], row.epoch)

    def finish(self, outcome: Outcome) -> None:
        """Write the metrics of the epoch that was kept; a run that kept its start has none."""
        for row in outcome.history[outcome.best_epoch - 1 : outcome.best_epoch]:
            best = {BEST_LOSS: row.inner_loss, BEST_AUROC: row.inner_auroc}
            self._file.write([scalar(tag, value) for tag, value in best.items() if value is not None], row.epoch)
        ended = SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=time.time())
        self._file.write([hparams_value(metadata.SESSION_END_INFO_TAG, session_end_info=ended)])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)


def write_run(folder: Path, run: Run, outcome: Outcome) -> None:
    """Write all events of a run at its end.

    Raises:
        OutputError: the folder cannot be written, or the disk is full.
    """
    with Monitor(folder, run) as monitor:
        for row in outcome.history:
            monitor(row)
        monitor.finish(outcome)


def _hyperparameters(scenario: Scenario) -> dict[str, Any]:
    record = scenario.as_dict() | {"backbone": scenario.setting.network}
    return {name: value for name, value in record.items() if name not in ("scenario", "image_size")}


def _column(name: str, values: list[Any]) -> api_pb2.HParamInfo:
    """Return a hyper-parameter with its ``values``, sorted and distinct."""
    kind = api_pb2.DATA_TYPE_STRING if isinstance(values[0], str) else api_pb2.DATA_TYPE_FLOAT64
    info = api_pb2.HParamInfo(name=name, type=kind, differs=len(values) > 1)
    info.domain_discrete.extend(values)
    return info
