"""Check the coverage of the intervals: simulate data sets, split, train, evaluate, and compare with the truth.

    python benchmarks/coverage.py [--datasets 2000] [--cells '600-*' ...] [--minutes M] [--results FILE] [--quick]

The truth is the expected AUROC of the procedure at the fold's training size, or the expected difference of two
(``_simulation.py``). The primary interval is the one of ``radtl_tf.evaluation``, "by patient": from what every patient
adds over the repeats, or from the fold values if there is one repeat; of an AUROC on the scale of log-odds. For
comparison (``_coverage.py``): the corrected resampled t on the fold values with k - 1 degrees of freedom, the same on
the scale of log-odds, the same with kR - 1 degrees of freedom, the t over folds without correction, and the percentiles
of a bootstrap of patients within the folds. Targets: the primary interval covers at least 93 %, and its type-I error is
at most 5.5 % plus twice the Monte Carlo error. Half-widths are in units of 1.96 times the SD of the estimates: the
half-width of a normal interval by somebody who knows this SD.

Several processes (``--processes``) work on blocks of 100 data sets. Each finished block is stored in FILE, so a run
that was stopped, also by ``--minutes``, can be resumed. Results of another version of the code are ignored.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import astuple, replace
from fnmatch import fnmatch
from functools import cache
from itertools import product
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # parallel processes, not threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import _coverage  # noqa: E402
import _simulation  # noqa: E402
from _coverage import PRIMARY, SHOWN, Tally, tallies  # noqa: E402
from _coverage_table import Row, table  # noqa: E402
from _shared import publish  # noqa: E402
from _simulation import FOLDS, Cell, Doubles, calibrate, simulate, training_parts  # noqa: E402

from radtl_tf.data.folds.draw import MIN_TEST_PATIENTS  # noqa: E402
from radtl_tf.evaluation.inference import corrected_t, repeated_folds  # noqa: E402
from radtl_tf.records.experiment import Unit  # noqa: E402

KINDS: tuple[tuple[int, Unit], ...] = ((1, "patient"), (3, "image"), (3, "patient"))
SIZES = (150, 300, 600), (0.05, 0.5)
AUROCS = (0.65, 0.8, 0.95)
CELLS = [
    *(Cell(n, prevalence, auroc, *kind) for n, prevalence, kind, auroc in product(*SIZES, KINDS, AUROCS)),
    *(
        Cell(n, prevalence, 0.98, *KINDS[0]) for n, prevalence in product(*SIZES)
    ),  # where the limits 0 and 1 matter most
    *(Cell(n, prevalence, auroc, *KINDS[0], inner=0.0) for n, prevalence, auroc in product(*SIZES, AUROCS)),
]
PUBLISHED = 2000  # data sets per cell
REPEATS, REPLICATES, BLOCK, CALIBRATION, SEED = (1, 10), 200, 100, 5000, 726
RESULTS = Path(__file__).parents[1] / "build" / "coverage.jsonl"


def main() -> None:
    """Simulate the remaining blocks and publish the tables; an incomplete run is only printed."""
    asked = _options()
    possible = [cell for cell in CELLS if not cell.is_refused]
    cells = [cell for cell in possible if any(fnmatch(cell.name, pattern) for pattern in asked.cells)]
    if not cells:
        raise SystemExit("No such cell. There are:\n" + "\n".join(cell.name for cell in possible))
    blocks, kept = range(-(-asked.datasets // BLOCK)), _read(asked.results)
    left = [(cell, block) for block in blocks for cell in cells if (cell.name, block) not in kept]
    kept |= _simulated(left, asked.results, asked.minutes, asked.processes)
    done = {cell: [kept[cell.name, block] for block in blocks if (cell.name, block) in kept] for cell in cells}
    text = "\n".join(_lines({cell: lines for cell, lines in done.items() if lines}))
    complete = cells == possible and min(map(len, done.values())) * BLOCK >= PUBLISHED
    publish("coverage", text, is_timed=False) if complete else print(text)


def _lines(done: dict[Cell, list[dict]]) -> Iterator[str]:
    rows = [_row(cell, repeats, blocks) for cell, blocks in done.items() for repeats in REPEATS]
    minutes = sum(block["seconds"] for blocks in done.values() for block in blocks) / 60
    yield f"95 % intervals, {FOLDS} folds; {minutes:.0f} minutes of one core"
    yield from table(rows)
    yield ""
    yield _far(rows, [block for blocks in done.values() for block in blocks])
    refused = dict.fromkeys(f"{cell.patients} at {cell.prevalence}" for cell in CELLS if cell.is_refused)
    reason = f"since radtl refuses them (fewer than {MIN_TEST_PATIENTS} positives per test fold)"
    yield f"Omitted, {reason}: {', '.join(refused)}"


def _row(cell: Cell, repeats: int, blocks: Sequence[dict]) -> Row:
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    halves: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number, name, method, kept, *sums in (row for block in blocks for row in block["rows"]):
        if number == repeats:
            tallies[name, method] += Tally(*sums)
            halves[name, method] += kept
    return Row(cell, repeats, tallies, halves)


def _far(rows: Sequence[Row], blocks: Sequence[dict]) -> str:
    """Return a line on the agreement between the estimates and the known truth."""
    far = max(abs(row.tallies["auroc", PRIMARY].distance(row.cell.auroc)) for row in rows)
    error = max(error for block in blocks for error in block["errors"])
    return f"Mean AUROCs are within {far:.1f} Monte Carlo errors of the truth, which has an error of {error:.4f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Coverage and type-I error of the intervals, by simulation.")
    parser.add_argument("--datasets", type=int, default=PUBLISHED, help="per cell, in blocks of 100")
    parser.add_argument(
        "--cells", nargs="+", default=["*"], help="patients-prevalence-AUROC-images-unit-inner, with * and ?"
    )
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start no block after this time")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--results", type=Path, default=RESULTS, help="file of finished blocks")
    parser.add_argument("--quick", action="store_true", help="simulate one block of four cells; publish nothing")
    asked = parser.parse_args()
    if asked.quick:
        asked.datasets, asked.cells = BLOCK, ["*-0.8-1-patient-0.2"]
    return asked


def _simulated(
    left: Sequence[tuple[Cell, int]], results: Path, minutes: float, processes: int
) -> dict[tuple[str, int], dict]:
    """Simulate blocks, all cells in turn, and store each finished block in ``results``; return the finished blocks."""
    start, done = time.monotonic(), {}
    results.parent.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(processes) as pool, results.open("a", encoding="utf-8") as file:
        running = [pool.submit(_block, cell, block) for cell, block in left]
        for future in as_completed(running):
            found = future.result()
            file.write(f"\n{json.dumps(found)}\n")  # starts a new line even after an incomplete one
            file.flush()
            done[found["cell"], found["block"]] = found
            if time.monotonic() - start > 60 * minutes:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return done


def _block(cell: Cell, block: int) -> dict:
    """Return the line of a block of data sets."""
    start = time.process_time()
    distances, errors = _distances(cell)
    seed = (SEED, block, *cell.name.encode())
    found = simulate(cell, distances, BLOCK, max(REPEATS), replicates=REPLICATES, seed=seed)
    rows = [
        (repeats, what, method, halves.round(5).tolist() if method in SHOWN else [], *astuple(tally))
        for repeats in REPEATS
        for what, method, tally, halves in tallies(cell, found, repeats)
    ]
    seconds = time.process_time() - start
    return {"code": _code(), "cell": cell.name, "block": block, "seconds": seconds, "errors": errors, "rows": rows}


@cache
def _distances(cell: Cell) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the class distance per source, and the Monte Carlo error of the resulting truth."""
    fits = _fits(replace(cell, auroc=0.5, unit="image"))  # neither changes the fits
    distances, errors = zip(*(calibrate(fits, target, cell.pooled) for target in cell.targets), strict=True)
    return distances, errors


@cache
def _fits(cell: Cell) -> Doubles:
    """Return fits to many training parts, from which the class distance is calibrated."""
    return training_parts(cell, CALIBRATION, (SEED, *cell.name.encode()))


@cache
def _code() -> str:
    """Return a checksum of the code that the results depend on."""
    modules = (_simulation, _coverage, corrected_t, repeated_folds)
    text = b"".join(Path(str(module.__file__)).read_bytes() for module in modules)
    return hashlib.sha256(text + repr((REPEATS, REPLICATES, BLOCK, CALIBRATION, SEED)).encode()).hexdigest()


def _read(results: Path) -> dict[tuple[str, int], dict]:
    """Return the stored blocks of this code; an incomplete line of a killed run is ignored."""
    kept = {}
    for line in results.read_text(encoding="utf-8").splitlines() if results.exists() else []:
        with suppress(json.JSONDecodeError):
            found = json.loads(line)
            if found["code"] == _code():
                kept[found["cell"], found["block"]] = found
    return kept


if __name__ == "__main__":
    main()
