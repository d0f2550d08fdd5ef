"""Run experiments from Python: ``radtl_tf.run`` and ``radtl_tf.compare``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from radtl_tf.errors import ExperimentError
from radtl_tf.experiment.run import run_experiment
from radtl_tf.library.bars import bars
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.results.compare_arguments import (
    Asked,
    File,
    dataset_from,
    experiment_of,
    features_of,
    source_of,
)
from radtl_tf.library.results.result import Result
from radtl_tf.models.precision import borrowed_precision
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.reader import read_experiment

if TYPE_CHECKING:
    import pandas as pd


def compared(
    data: Dataset | pd.DataFrame,
    columns: Mapping[str, Any],
    asked: Asked,
    features: Mapping[str, ArrayLike | File] | None,
    out: File,
    accept: Sequence[str],
    *,
    allow_changed: bool,
) -> Result:
    """Run or resume the experiment that compares what was ``asked``, and ``features``, on ``data``; return its result.

    ``columns`` says what the columns of a DataFrame mean. Arrays among ``features`` are written into ``out``.

    Raises:
        DataError, ExperimentError, OutputError, WeightsError: as ``radtl_tf.compare``.
    """
    table = dataset_from(data, **columns)
    files = features_of(table, features, list(asked.weights), Path(out).expanduser() / "data")
    experiment = experiment_of(table, replace(asked, features=files))
    return finished(experiment, out, accept, source_of(table), allow_changed=allow_changed)


def finished(
    experiment: File | Experiment,
    out: File,
    accept: Sequence[str],
    source: Any = None,
    *,
    allow_changed: bool = False,
) -> Result:
    """Run or resume an experiment in ``out`` with a progress bar; return its result.

    ``source`` is data from memory, and ``allow_changed`` as in ``run_experiment``.

    Raises:
        DataError, ExperimentError, OutputError, WeightsError: as ``run_experiment``.
    """
    if not isinstance(experiment, Experiment):
        experiment = read_experiment(Path(experiment).expanduser())
    if isinstance(accept, str):
        raise ExperimentError(f"accept = {accept!r}: give a list of codes.")
    folder = Path(out).expanduser()
    with borrowed_precision(), bars() as watch:  # a run on a GPU uses half precision
        evaluation = run_experiment(
            experiment, folder, source=source, accepted=accept, allow_changed=allow_changed, watch=watch
        )
    return Result(folder, evaluation)
