"""Do the intervals hold? Data sets are drawn, split, trained on and evaluated; intervals are compared with the truth.

    python benchmarks/coverage.py [--datasets 2000] [--quick]

The truth is the expected AUROC of the procedure at the fold's training size, or the expected difference of two
(``_simulation.py``). The intervals and p are those of ``radtl_tf.evaluation.intervals``: corrected resampled t, k - 1
degrees of freedom. Beside them: the same with kR - 1, the t over folds without correction, and the bootstrap of
patients within the folds of one repeat. Targets: the primary interval covers at least 93 %, its type-I error is at most
5.5 % plus twice the Monte Carlo error. Cells in which a test fold has fewer than five positive patients are refused by
radtl and left out. Two processes; about 20 minutes.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes are the parallelism
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from _shared import publish  # noqa: E402
from _simulation import FOLDS, Cell, Found, simulate  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from scipy import stats  # noqa: E402

from radtl_tf.data.folds import MIN_TEST_PATIENTS  # noqa: E402
from radtl_tf.evaluation.intervals import fold_mean  # noqa: E402

REPEATS, REPLICATES = (1, 10), 400
KINDS = ((1, "patient"), (3, "image"), (3, "patient"))
CELLS = [
    Cell(patients, prevalence, auroc, images, unit)
    for patients, prevalence, auroc, (images, unit) in product((150, 300, 600), (0.05, 0.5), (0.65, 0.8, 0.95), KINDS)
]
COVERAGE, TYPE_I = 0.93, 0.055


@dataclass(frozen=True)
class Row:
    """One line of the table: shares of data sets, and mean widths."""

    cell: Cell
    repeats: int
    covered: float
    width: float
    covered_difference: float
    width_difference: float
    type_i: float
    many_df: float
    naive: float
    bootstrap_covered: float
    bootstrap_type_i: float
    datasets: int

    @property
    def error(self) -> float:
        """The Monte Carlo error of the type-I error at its target."""
        return float(np.sqrt(TYPE_I * (1 - TYPE_I) / self.datasets))

    @property
    def holds(self) -> bool:
        """Tell whether the primary method meets its targets."""
        covered = min(self.covered, self.covered_difference) >= COVERAGE
        return covered and self.type_i <= TYPE_I + 2 * self.error

    def text(self) -> str:
        """Return the line."""
        of_bootstrap = f"{self.bootstrap_covered:>9.1%}{self.bootstrap_type_i:>7.1%}" if self.repeats == 1 else ""
        cell = self.cell
        return (
            f"{cell.patients:>4}{cell.prevalence:>6.2f}{cell.auroc:>6.2f}{cell.images:>4} {cell.unit:<8}"
            f"{self.repeats:>3}"
            f"{self.covered:>8.1%}{self.width:>7.3f}{self.covered_difference:>8.1%}{self.width_difference:>7.3f}"
            f"{self.type_i:>7.1%}{'' if self.holds else ' *':<2}{self.many_df:>7.1%}{self.naive:>7.1%}{of_bootstrap}"
        )


HEAD = """\
                                      corrected t, k - 1 df            type-I error of others
          best im-              AUROC          difference   type-I      kR-1  naive   bootstrap
   n  prev  AUC ages unit   reps  covers width  covers width  error        df      t   covers type-I"""


def main() -> None:
    """Simulate every cell and publish the table."""
    quick = "--quick" in sys.argv
    datasets = int(sys.argv[sys.argv.index("--datasets") + 1]) if "--datasets" in sys.argv else 60 if quick else 2000
    kept = [cell for cell in CELLS if cell.positives / FOLDS >= MIN_TEST_PATIENTS]
    start = time.monotonic()
    with ProcessPoolExecutor(2) as pool:
        rows = [row for found in pool.map(_rows, kept[:3] if quick else kept, [datasets] * len(kept)) for row in found]
    minutes = (time.monotonic() - start) / 60
    missed = sum(not row.holds for row in rows)
    lines = [f"{datasets} data sets a cell, {FOLDS} folds, 95 % intervals; {minutes:.0f} minutes", HEAD]
    lines += [row.text() for row in rows]
    lines += [
        f"{len(rows) - missed} of {len(rows)} rows meet the targets (* does not); bootstrap: a fifth of the data sets"
    ]
    lines += [
        f"{len(CELLS) - len(kept)} cells have fewer than {MIN_TEST_PATIENTS} positives a test fold: radtl refuses them"
    ]
    print("\n".join(lines)) if quick else publish("coverage", "\n".join(lines))


def _rows(cell: Cell, datasets: int) -> list[Row]:
    found = simulate(cell, datasets, max(REPEATS), replicates=REPLICATES)
    return [_row(cell, found, repeats) for repeats in REPEATS]


def _row(cell: Cell, found: Found, repeats: int) -> Row:
    values = found.measured[:, :, :repeats].reshape(len(found.measured), 3, -1)  # (D, 3, k x R)
    truth = found.expected.mean(axis=(0, 2, 3))  # per source
    single, equal, apart = values[:, 0], values[:, 0] - values[:, 1], values[:, 0] - values[:, 2]
    covered, width = _covers(single, truth[0])
    covered_difference, width_difference = _covers(apart, truth[0] - truth[2])
    p_values = np.array([fold_mean(row, FOLDS).p_value for row in equal])
    boot = found.bootstrap
    low, high = np.percentile(boot[:, 0], (2.5, 97.5), axis=1)
    low_null, high_null = np.percentile(boot[:, 0] - boot[:, 1], (2.5, 97.5), axis=1)
    return Row(
        cell=cell,
        repeats=repeats,
        covered=covered,
        width=width,
        covered_difference=covered_difference,
        width_difference=width_difference,
        type_i=float((p_values < 0.05).mean()),
        many_df=_rejects(equal, 1 / equal.shape[1] + 1 / (FOLDS - 1)),
        naive=_rejects(equal, 1 / equal.shape[1]),
        bootstrap_covered=float(((low <= truth[0]) & (truth[0] <= high)).mean()),
        bootstrap_type_i=float(((low_null > 0) | (high_null < 0)).mean()),
        datasets=len(values),
    )


def _covers(values: NDArray[np.float64], truth: float) -> tuple[float, float]:
    """Return the share of primary intervals that hold the truth, and their mean width."""
    intervals = np.array([fold_mean(row, FOLDS).interval() for row in values])
    covered = (intervals[:, 0] <= truth) & (truth <= intervals[:, 1])
    return float(covered.mean()), float(np.diff(intervals).mean())


def _rejects(values: NDArray[np.float64], factor: float) -> float:
    """Return the type-I error of a t with kR - 1 degrees of freedom and this factor on the variance."""
    error = np.sqrt(values.var(axis=1, ddof=1) * factor)
    p_values = 2 * stats.t.sf(np.abs(values.mean(axis=1)) / error, values.shape[1] - 1)
    return float((p_values < 0.05).mean())


if __name__ == "__main__":
    main()
