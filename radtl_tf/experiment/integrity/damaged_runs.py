"""Train finished runs again if their files are damaged, and never write a run that is not finite."""

from __future__ import annotations

import numpy as np

from radtl_tf.errors import ExperimentError
from radtl_tf.logs import get_logger
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.run_checksums import damaged_files
from radtl_tf.records.runs import Run
from radtl_tf.training.run import Outcome

_log = get_logger(__name__)


def reopen_damaged_runs(folder: OutputFolder) -> list[str]:
    """Remove ``DONE.json`` of every finished run with a damaged file, so that it is trained again; return their names.

    All files of all runs are read once. The log has a line per damaged run.
    """
    found = {run: damaged_files(run) for run in folder.finished()}
    damaged = {run: names for run, names in found.items() if names}
    for run, names in damaged.items():
        name = run.root.relative_to(folder.runs).as_posix()
        _log.warning(f"{name}: {', '.join(names)} is damaged or was changed: this run is trained again")
        run.marker.unlink()
    return [run.root.relative_to(folder.runs).as_posix() for run in damaged]


def check_finite(run: Run, outcome: Outcome) -> None:
    """Refuse the result of a run if a score, a loss or a trained weight is not finite; such a run is never finished.

    Raises:
        ExperimentError: naming the run and the cure.
    """
    learned = outcome.learned
    arrays = {
        "scores": list(outcome.scores.values()),
        "losses": [np.array([(row.loss, row.inner_loss) for row in outcome.history])],
        "weights": [*learned.suffix, learned.kernel, learned.bias, learned.mean, learned.sd],
    }
    bad = [name for name, group in arrays.items() if not all(np.isfinite(array).all() for array in group)]
    if bad:
        raise ExperimentError(
            f"Run {run.name}: its {' and '.join(bad)} are not finite, so it is not kept. Use a lower learning rate, or "
            f"other weights than {run.scenario.setting.weights!r}, and run again; finished runs are kept."
        )
