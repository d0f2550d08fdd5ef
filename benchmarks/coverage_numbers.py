"""Check the intervals of a regression: simulate data sets, split, train, evaluate, and compare with the truth.

    python benchmarks/coverage_numbers.py [--datasets 500] [--processes 2] [--quick]

It is ``coverage.py`` for mean absolute errors (docs/decisions/0021). The truth is the expected MAE of the procedure at
the fold's training size, or the expected difference of two (``_simulated_numbers.py``). "By patient" is the interval of
``radtl_tf.evaluation``: from what every patient adds over the repeats, or from the fold values if there is one repeat;
of one MAE on the log scale. "k - 1 df" is the corrected resampled t on the fold values, and "naive t" the t over folds
without correction. Targets: the interval covers at least 93 %, and its type-I error is at most 5.5 % plus twice the
Monte Carlo error. Half-widths are medians in units of 1.96 times the SD of the estimates.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

os.environ.setdefault("OMP_NUM_THREADS", "1")  # parallel processes, not threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from _coverage import BY_FOLDS, COVERAGE, PRIMARY, TYPE_I, Ends, naive  # noqa: E402
from _shared import publish  # noqa: E402
from _simulated_numbers import FOLDS, NumberCell, OneSet, mean_truths, simulate, trained_share  # noqa: E402

from radtl_tf.evaluation.inference.corrected_t import fold_mean  # noqa: E402
from radtl_tf.evaluation.inference.repeated_folds import ByPatient, measured_mean  # noqa: E402

SIZES, SLOPES, LABELS = (150, 600), (0.7, 2.0), ("right", "wrong")
CELLS = [
    *(NumberCell(n, slope, labels, 1, "patient") for n, slope, labels in product(SIZES, SLOPES, LABELS)),
    *(NumberCell(n, 0.7, "wrong", 3, "patient") for n in SIZES),
    *(NumberCell(n, 0.7, "wrong", 3, "image") for n in SIZES),
]
REPEATS, SEED, PUBLISHED, BLOCK = (1, 10), 726, 500, 50
ESTIMATES = {"mae": "one MAE", "gap": "a - c", "equal": "a - b"}
METHODS = PRIMARY, BY_FOLDS, "naive t"


@dataclass(frozen=True)
class Found:
    """Of one estimate, method and cell: the intervals (D, 2), the estimates (D,) and the truth."""

    ends: np.ndarray
    values: np.ndarray
    truth: float

    @property
    def missed(self) -> float:
        """The share of intervals without the truth; an interval that does not exist misses it."""
        low, high = self.ends.T
        return float(1 - ((low <= self.truth) & (self.truth <= high)).mean())

    @property
    def half_width(self) -> float:
        """The median half-width in units of the true one."""
        halves = (self.ends[:, 1] - self.ends[:, 0]) / 2
        return float(np.nanmedian(halves) / (1.96 * self.values.std(ddof=1)))


def main() -> None:
    """Simulate every cell and publish the table; an incomplete run is only printed."""
    parser = argparse.ArgumentParser(description="Coverage and type-I error of the intervals of mean absolute errors.")
    parser.add_argument("--datasets", type=int, default=PUBLISHED, help="per cell")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="simulate one block of two cells; publish nothing")
    asked = parser.parse_args()
    cells, datasets = (CELLS[:2], BLOCK) if asked.quick else (CELLS, asked.datasets)
    start = time.monotonic()
    with ProcessPoolExecutor(asked.processes) as pool:
        blocks = {cell: [pool.submit(_block, cell, number) for number in range(datasets // BLOCK)] for cell in cells}
        found = {cell: [one for block in running for one in block.result()] for cell, running in blocks.items()}
    minutes = (time.monotonic() - start) / 60
    text = "\n".join([f"95 % intervals, {FOLDS} folds; {minutes:.0f} minutes", *_table(found)])
    publish("coverage_numbers", text, is_timed=False) if datasets >= PUBLISHED and not asked.quick else print(text)


def _block(cell: NumberCell, number: int) -> list[OneSet]:
    rng = np.random.default_rng(np.random.SeedSequence((SEED, number, *cell.name.encode())))
    return [simulate(cell, max(REPEATS), rng) for _ in range(BLOCK)]


def _table(found: dict[NumberCell, list[OneSet]]) -> Iterator[str]:
    head = "".join(f"{f'{title}: missed':>16}{'half-width':>12}" for title in ESTIMATES.values())
    yield f"{'n':>4} {'slope':>5} {'labels':<7}{'images':>6} {'unit':<8}{'reps':>4} {'method':<11}{head}"
    missed, errors, datasets = [], [], len(next(iter(found.values())))
    bounds = {name: 1 - COVERAGE for name in ("mae", "gap")}
    bounds["equal"] = TYPE_I + 2 * float(np.sqrt(TYPE_I * (1 - TYPE_I) / datasets))
    for (cell, sets), repeats in product(found.items(), REPEATS):
        truths, error = mean_truths(sets)
        errors.append(error)
        results = _measured(cell, sets, repeats, truths)
        for method in METHODS:
            cells = [results[name, method] for name in ESTIMATES]
            said = "".join(f"{one.missed:>15.1%} {one.half_width:>12.2f}" for one in cells)
            yield f"{_named(cell)}{repeats:>4} {method:<11}{said}"
        missed += [
            f"  {ESTIMATES[name]}: {results[name, PRIMARY].missed:.1%} in {cell.name}, repeats: {repeats}"
            for name in ESTIMATES
            if results[name, PRIMARY].missed > bounds[name]
        ]
    yield f"{datasets} data sets per cell; the truth has an error of up to {max(errors):.4f} SD of the label"
    yield f"Targets of {PRIMARY}: missed at most {1 - COVERAGE:.1%}, of equal procedures at most {bounds['equal']:.1%}"
    yield "Not met by:"
    yield from missed or ["  none"]


def _measured(
    cell: NumberCell, sets: Sequence[OneSet], repeats: int, truths: np.ndarray
) -> dict[tuple[str, str], Found]:
    results = {}
    for name, other, truth in (("mae", None, truths[0]), ("gap", 2, truths[0] - truths[2]), ("equal", 1, 0.0)):
        ends: dict[str, list[Ends]] = {method: [] for method in METHODS}
        values = []
        for one in sets:
            both = one.measured, one.added
            rows, added = (array[0] if other is None else array[0] - array[other] for array in both)
            folds = rows[:repeats].ravel()
            patients = ByPatient(added[:repeats], np.zeros(cell.patients, int), trained_share())
            sharp, plain = measured_mean(folds, FOLDS, patients), fold_mean(folds, FOLDS)
            ends[PRIMARY].append(sharp.interval_of_positive() if other is None else sharp.interval())
            ends[BY_FOLDS].append(plain.interval())
            ends["naive t"].append(naive(plain, folds.size))
            values.append(folds.mean())
        results |= {(name, method): Found(np.array(pairs), np.array(values), truth) for method, pairs in ends.items()}
    return results


def _named(cell: NumberCell) -> str:
    return f"{cell.patients:>4} {cell.slope:>5} {cell.labels:<7}{cell.images:>6} {cell.unit:<8}"


if __name__ == "__main__":
    main()
