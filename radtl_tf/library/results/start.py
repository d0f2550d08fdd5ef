"""Run experiments from Python: ``radtl_tf.run`` and ``radtl_tf.compare``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from radtl_tf.errors import ExperimentError
from radtl_tf.experiment.run import run_experiment
from radtl_tf.library.bars import bars
from radtl_tf.library.results.result import Result
from radtl_tf.models.precision import borrowed_precision
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.reader import read_experiment


def finished(
    experiment: str | os.PathLike[str] | Experiment,
    out: str | os.PathLike[str],
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
