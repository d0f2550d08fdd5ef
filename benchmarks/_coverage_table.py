"""The tables of ``coverage.py``: each method over all cells, the cells that miss a target, then every cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from _coverage import BOOTSTRAP, BY_FOLDS, COVERAGE, METHODS, PRIMARY, SHOWN, TYPE_I, Tally
from _simulation import GAP, Cell

TITLES = {
    "auroc": "coverage of one AUROC",
    "gap": f"coverage of a difference of {GAP}",
    "equal": "type-I error, equal procedures",
}


NORMAL = 1.96


@dataclass(frozen=True)
class Row:
    """A cell at a number of repeats: a tally per estimate (``auroc``, ``gap``, ``equal``) and method.

    ``halves`` are the half-widths of the intervals of the methods in ``SHOWN``.
    """

    cell: Cell
    repeats: int
    tallies: Mapping[tuple[str, str], Tally]
    halves: Mapping[tuple[str, str], Sequence[float]]

    @property
    def datasets(self) -> int:
        """The number of simulated data sets."""
        return self.tallies["auroc", PRIMARY].datasets

    def share(self, name: str, method: str) -> float:
        """Return the coverage, or the type-I error if the truth is 0."""
        found = self.tallies[name, method]
        return found.rejected if name == "equal" else found.covered

    def meets(self, name: str, method: str) -> bool:
        """Return whether the share meets its target."""
        share = self.share(name, method)
        bound = TYPE_I + 2 * monte_carlo_error(TYPE_I, self.datasets)
        return share <= bound if name == "equal" else share >= COVERAGE

    def width(self, name: str, method: str) -> float:
        """Return the mean half-width of the intervals, in units of ``true_half``."""
        return self.tallies[name, method].mean_width / 2 / self.true_half(name)

    def half(self, name: str, method: str, share: float) -> float:
        """Return a quantile (``share`` 0..1) of the half-widths, in units of ``true_half``."""
        return float(np.nanquantile(self.halves[name, method], share)) / self.true_half(name)

    def true_half(self, name: str) -> float:
        """Return 1.96 times the SD of the estimates over the data sets."""
        return NORMAL * self.tallies[name, PRIMARY].spread


def monte_carlo_error(share: float, datasets: int) -> float:
    """Return the SD of a share over this number of data sets."""
    return float(np.sqrt(share * (1 - share) / datasets))


def table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of all tables."""
    return [*_summary(rows), "", *_targets(rows), "", *_cells(rows)]


def methods_for(name: str) -> list[str]:
    """Return the methods for an estimate; a difference has no log-odds."""
    return [method for method in (PRIMARY, *METHODS, BOOTSTRAP) if method != "logit" or name == "auroc"]


def _summary(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a line per estimate, number of repeats and method."""
    head = " lowest  median highest in target   width  median (10-90 %)"
    yield f"{'over the cells':<32}{'repeats':>7} {'method':<11}{head}"
    for name, repeats in product(TITLES, sorted({row.repeats for row in rows})):
        chosen = [row for row in rows if row.repeats == repeats]
        for method in methods_for(name):
            shares = np.array([row.share(name, method) for row in chosen])
            ends = f"{shares.min():>7.1%}{np.median(shares):>8.1%}{shares.max():>8.1%}"
            within = f"{sum(row.meets(name, method) for row in chosen)}/{len(chosen)}"
            width = np.median([row.width(name, method) for row in chosen])
            halves = _halves(chosen, name, method) if method in SHOWN else ""
            yield f"{TITLES[name]:<32}{repeats:>7} {method:<11}{ends}{within:>10}{width:>8.2f}{halves}"
    yield "Width: mean half-width in units of the true 1.96 SD; then median, 10 % and 90 % (medians over the cells)"


def _halves(rows: Sequence[Row], name: str, method: str) -> str:
    """Return median, 10 % and 90 % of the half-widths: each the median over the cells."""
    middle, low, high = (np.median([row.half(name, method, share) for row in rows]) for share in (0.5, 0.1, 0.9))
    return f"{middle:>8.2f} ({low:.2f}-{high:.2f})"


def _targets(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the targets, and the cells that miss them with the primary interval."""
    fewest, most = (chosen(row.datasets for row in rows) for chosen in (min, max))
    errors = [f"{monte_carlo_error(share, fewest):.1%}" for share in (COVERAGE, TYPE_I)]
    number = str(fewest) if fewest == most else f"{fewest} to {most}"
    yield f"{number} data sets per cell; Monte Carlo error of a coverage {errors[0]}, of a type-I error {errors[1]}"
    yield f"Targets of {PRIMARY}: coverage {COVERAGE:.0%} or more, type-I error up to {TYPE_I:.1%} and twice its error"
    yield "Missed (*) by:"
    missed = [
        f"  {TITLES[name]}: {row.share(name, PRIMARY):.1%} in {row.cell.name}, repeats: {row.repeats}"
        f"{_sides(row.tallies[name, PRIMARY])}"
        for name, row in product(TITLES, rows)
        if not row.meets(name, PRIMARY)
    ]
    yield from missed or ["  none"]
    absent = sum(row.tallies[name, PRIMARY].absent for name, row in product(TITLES, rows))
    made = sum(row.datasets for row in rows) * len(TITLES)
    yield f"All folds agree, so that there is no interval: {absent} of {made}"


def _sides(found: Tally) -> str:
    return f" (above the truth {found.above / found.datasets:.1%}, below {found.below / found.datasets:.1%})"


def _cells(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a line per cell and repeats; with one repeat, the first method takes its errors from the folds, too."""
    others = ["kR - 1 df", BOOTSTRAP]
    cell = f"{'n':>4}{'prev':>5}{'AUROC':>6}{'images':>7} {'unit':<8}{'inner':>5}{'reps':>5}"
    wide = len(_of_method(rows[0], PRIMARY)) + 1
    yield f"{'':<{len(cell)}} |{PRIMARY:>{wide}} |{BY_FOLDS:>{wide}}" + "".join(f" |{method:>14}" for method in others)
    head = f"{'AUROC':>7}{'half-width':>17}{f'{GAP} apart':>11}{'half-width':>17}{'type-I':>7}{'half-width':>17}"
    yield f"{cell} |{head:>{wide}} |{head:>{wide}}" + f" |{'AUROC':>7}{'type-I':>7}" * len(others)
    for row in rows:
        found = (_of_method(row, method) for method in SHOWN)
        yield " |".join([_named(row), *(f" {text}" for text in found), *(_pair(row, other) for other in others)])


def _named(row: Row) -> str:
    cell = row.cell
    kind = f"{cell.images:>7} {cell.unit:<8}{cell.inner:>5}{row.repeats:>5}"
    return f"{cell.patients:>4}{cell.prevalence:>5.2f}{cell.auroc:>6.2f}{kind}"


def _of_method(row: Row, method: str) -> str:
    """Return share and half-width (median, 10 to 90 %) per estimate; a * marks a missed target."""
    cells = []
    for name, width in zip(TITLES, (6, 10, 6), strict=True):
        middle, low, high = (row.half(name, method, share) for share in (0.5, 0.1, 0.9))
        share = f"{row.share(name, method):>{width}.1%}{' ' if row.meets(name, method) else '*'}"
        cells.append(f"{share}{middle:>5.2f} ({low:.2f}-{high:.2f})")
    return "".join(cells)


def _pair(row: Row, method: str) -> str:
    """Return the coverage of an AUROC, and the type-I error."""
    return f"{row.share('auroc', method):>7.1%}{row.share('equal', method):>7.1%}"
