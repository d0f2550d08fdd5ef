"""The tables of ``coverage.py``: what each method does over all cells, what misses a target, then every cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from _coverage import BOOTSTRAP, COVERAGE, METHODS, PRIMARY, TYPE_I, Tally
from _simulation import GAP, Cell

TITLES = {
    "auroc": "coverage of one expected AUROC",
    "gap": f"coverage of a true difference of {GAP}",
    "equal": "type-I error at 5 %, two equal procedures",
}


@dataclass(frozen=True)
class Row:
    """A cell at a number of repeats: a tally per estimate (``auroc``, ``gap``, ``equal``) and method."""

    cell: Cell
    repeats: int
    tallies: Mapping[tuple[str, str], Tally]

    @property
    def datasets(self) -> int:
        """How many data sets were simulated."""
        return self.tallies["auroc", PRIMARY].datasets

    def share(self, name: str, method: str) -> float:
        """Return the coverage, or the type-I error where the truth is 0."""
        found = self.tallies[name, method]
        return found.rejected if name == "equal" else found.covered

    def meets(self, name: str, method: str) -> bool:
        """Tell whether the share is within its target."""
        share = self.share(name, method)
        bound = TYPE_I + 2 * monte_carlo_error(TYPE_I, self.datasets)
        return share <= bound if name == "equal" else share >= COVERAGE


def monte_carlo_error(share: float, datasets: int) -> float:
    """Return the SD of a share that was counted in so many data sets."""
    return float(np.sqrt(share * (1 - share) / datasets))


def table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of all tables."""
    lines = [*_summary(rows), "", *_misses(rows)]
    for name in TITLES:
        lines += ["", *_cells(rows, name)]
    return lines


def methods_for(name: str) -> list[str]:
    """Return the methods that an estimate has: a difference has no log-odds."""
    return [method for method in (*METHODS, BOOTSTRAP) if method != "logit" or name == "auroc"]


def _summary(rows: Sequence[Row]) -> Iterator[str]:
    repeats = sorted({row.repeats for row in rows})
    yield f"{'over the cells':<42}{'repeats':>8} {'method':<11} lowest  median highest in target"
    for name, count in product(TITLES, repeats):
        chosen = [row for row in rows if row.repeats == count]
        for method in methods_for(name):
            shares = np.array([row.share(name, method) for row in chosen])
            within = f"{sum(row.meets(name, method) for row in chosen)}/{len(chosen)}"
            ends = f"{shares.min():>7.1%}{np.median(shares):>8.1%}{shares.max():>8.1%}"
            yield f"{TITLES[name]:<42}{count:>8} {method:<11}{ends}{within:>10}"


def _misses(rows: Sequence[Row]) -> Iterator[str]:
    fewest = min(row.datasets for row in rows)
    coverage, type_i = (100 * monte_carlo_error(share, fewest) for share in (COVERAGE, TYPE_I))
    yield f"Targets: coverage at least {COVERAGE:.1%} (its Monte Carlo error: {coverage:.1f} %),"
    yield f"type-I error at most {TYPE_I:.1%} and twice its Monte Carlo error of {type_i:.1f} %."
    yield f"Missed (*) with {PRIMARY}:"
    missed = [
        f"  {TITLES[name]}: {row.share(name, PRIMARY):.1%} in {row.cell.name}, {row.repeats} repeats"
        for name, row in product(TITLES, rows)
        if not row.meets(name, PRIMARY)
    ]
    yield from missed or ["  none"]
    absent = sum(row.tallies[name, PRIMARY].absent for name, row in product(TITLES, rows))
    yield f"No interval, since all folds agree: {absent} of {sum(row.datasets for row in rows) * len(TITLES)}"


def _cells(rows: Sequence[Row], name: str) -> Iterator[str]:
    """Yield a line per cell and repeats: share and mean width of each method."""
    methods = methods_for(name)
    yield f"{TITLES[name]}, and mean width"
    yield f"{'n':>4}{'prev':>6}{'AUROC':>6}{'images':>7} {'unit':<8}{'inner':>5}{'reps':>5}{'data sets':>10}" + "".join(
        f"{method:>16}" for method in methods
    )
    for row in rows:
        cell = row.cell
        shares = (
            f"{row.share(name, method):>8.1%}{'' if row.meets(name, method) or method != PRIMARY else '*':<1}"
            f"{row.tallies[name, method].mean_width:>7.3f}"
            for method in methods
        )
        yield (
            f"{cell.patients:>4}{cell.prevalence:>6.2f}{cell.auroc:>6.2f}{cell.images:>7} {cell.unit:<8}"
            f"{cell.inner:>5}{row.repeats:>5}{row.datasets:>10}{''.join(shares)}"
        )
