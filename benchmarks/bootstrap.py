"""The cost of the patient bootstrap: weights of cases against resampled copies, for 48 settings of 1,000 patients.

    python benchmarks/bootstrap.py

The table has the seconds of 10,000 replicates of the AUROC and 1,000 of each other metric, and the ratio to a loop over
copies with scikit-learn's metrics, estimated from a few replicates of one setting. All settings share the
draws, as required for paired differences. Both methods must give the same values. It takes half a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
from _shared import machine, publish
from sklearn import metrics as reference

from radtl_tf.evaluation.inference.bootstrap import bootstrap
from radtl_tf.evaluation.metrics import weighted
from radtl_tf.evaluation.metrics.weighted import WeightedMetric

SETTINGS, PATIENTS, SEED = 48, 1000, 726
AUROC_REPLICATES, OTHER_REPLICATES, LOOPED = 10_000, 1_000, 30
Loop = Callable[[np.ndarray, np.ndarray], float]
METRICS: dict[str, tuple[Callable[[np.ndarray, np.ndarray], WeightedMetric], Loop | None]] = {
    "auroc": (weighted.auroc, reference.roc_auc_score),
    "average precision": (weighted.average_precision, reference.average_precision_score),
    "brier": (weighted.brier, reference.brier_score_loss),
    "log loss": (weighted.log_loss, reference.log_loss),
    "balanced accuracy": (
        weighted.balanced_accuracy,
        lambda truth, score: reference.balanced_accuracy_score(truth, score >= 0.5),
    ),
    "mcc": (weighted.mcc, lambda truth, score: reference.matthews_corrcoef(truth, score >= 0.5)),
    "calibration slope": (weighted.calibration_slope, None),
    "calibration intercept": (weighted.calibration_intercept, None),
}


def main() -> None:
    """Time every metric with both methods and publish the table."""
    publish("bootstrap", "\n".join(_lines()))


def _lines() -> Iterator[str]:
    random = np.random.default_rng(SEED)
    truth = (random.random(PATIENTS) < 0.3).astype(int)
    scores = [1 / (1 + np.exp(-random.normal(size=PATIENTS) - truth)) for _ in range(SETTINGS)]
    yield f"{SETTINGS} settings x {PATIENTS} patients; {machine()}"
    yield f"{'metric':24s}replicates  seconds  ratio to copies"
    total = 0.0
    for name, (prepare, loop) in METRICS.items():
        replicates = AUROC_REPLICATES if name == "auroc" else OTHER_REPLICATES
        start = time.monotonic()
        found = bootstrap(
            [prepare(truth, score) for score in scores], np.arange(PATIENTS), replicates=replicates, seed=SEED
        )
        seconds = time.monotonic() - start
        total += seconds
        copies = copied(loop, truth, scores[0], found[0].replicates) if loop else None
        ratio = f"{copies * SETTINGS * replicates / seconds:15.0f}x" if copies else f"{'-':>16s}"
        yield f"{name:24s}{replicates:10d}{seconds:9.2f}  {ratio}"
    yield f"{'in all':24s}{'':10s}{total:9.2f}"


def copied(loop: Loop, truth: np.ndarray, score: np.ndarray, replicates: np.ndarray) -> float:
    """Return the seconds of one replicate by resampled copies; its values must equal ``replicates``."""
    random = np.random.default_rng(SEED)
    start = time.monotonic()
    drawn = [random.integers(PATIENTS, size=PATIENTS) for _ in range(LOOPED)]
    values = [loop(truth[rows], score[rows]) for rows in drawn]
    seconds = (time.monotonic() - start) / LOOPED
    if not np.allclose(values, replicates[:LOOPED], atol=1e-9):
        raise SystemExit("The two methods do not agree.")
    return seconds


if __name__ == "__main__":
    main()
