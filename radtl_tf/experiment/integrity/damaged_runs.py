"""Train finished runs again if their files are damaged, and never write a run that is not finite."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from radtl_tf.errors import ExperimentError
from radtl_tf.logs import get_logger
from radtl_tf.records.folder import RunFolder
from radtl_tf.records.integrity.run_checksums import damaged_files
from radtl_tf.records.runs import Run
from radtl_tf.training.run import Outcome

_log = get_logger(__name__)


def reopen_damaged_runs(runs: Iterable[RunFolder]) -> list[str]:
    """Remove ``DONE.json`` of those of ``runs`` that are finished and damaged, so that they are trained again.

    All of their files are read once. The log has a line per damaged run. Returns the names of the damaged runs.
    """
    found = {run: damaged_files(run) for run in runs if run.marker.is_file()}
    damaged = {"/".join(run.root.parts[-2:]): (run, names) for run, names in found.items() if names}
    for name, (run, names) in damaged.items():
        _log.warning(f"{name}: {', '.join(names)} is damaged or was changed: this run is trained again")
        run.marker.unlink()
    return list(damaged)


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
