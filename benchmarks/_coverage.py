"""Coverage and width of the intervals of a cross-validation over many simulated data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, replace
from operator import add

import numpy as np
from _simulation import FOLDS, GAP, Cell, Doubles, Found

from radtl_tf.evaluation.inference.corrected_t import FoldMean, fold_mean
from radtl_tf.evaluation.inference.repeated_folds import ByPatient, measured_mean

COVERAGE, TYPE_I = (
    0.93,
    0.055,
)  # targets of the primary interval; the type-I error may exceed its target by Monte Carlo errors
PRIMARY, BY_FOLDS, BOOTSTRAP = "by patient", "k - 1 df", "bootstrap"
SHOWN = PRIMARY, BY_FOLDS  # methods whose half-widths are kept
Ends = tuple[float, float]


def by_folds(found: FoldMean, number: int) -> Ends:
    """Return the corrected t interval with k - 1 degrees of freedom."""
    return found.interval()


def on_logit_scale(found: FoldMean, number: int) -> Ends:
    """Return the same interval on the scale of log-odds."""
    return found.interval_of_share()


def with_all_df(found: FoldMean, number: int) -> Ends:
    """Return the corrected t interval with ``number`` - 1 degrees of freedom."""
    return replace(found, df=number - 1).interval()


def naive(found: FoldMean, number: int) -> Ends:
    """Return the uncorrected t interval, which treats the ``number`` fold values as independent."""
    return replace(found, standard_error=found.sd / np.sqrt(number), df=number - 1).interval()


METHODS: dict[str, Callable[[FoldMean, int], Ends]] = {
    BY_FOLDS: by_folds,
    "logit": on_logit_scale,  # for an AUROC only; a difference has no log-odds
    "kR - 1 df": with_all_df,
    "naive t": naive,
}


@dataclass(frozen=True)
class Tally:
    """Sums over data sets: intervals ``above`` or ``below`` the truth, or ``absent`` (no variance between folds).

    ``width`` is the sum of the widths; ``value`` and ``square`` are the sums of the point estimates and their squares.
    """

    datasets: int = 0
    above: int = 0
    below: int = 0
    absent: int = 0
    width: float = 0.0
    value: float = 0.0
    square: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*map(add, astuple(self), astuple(other)))

    @property
    def covered(self) -> float:
        """Share of data sets whose interval contains the truth; an absent interval does not."""
        return 1 - (self.above + self.below + self.absent) / self.datasets

    @property
    def rejected(self) -> float:
        """Share of data sets whose interval excludes the truth: the type-I error if the truth is 0."""
        return (self.above + self.below) / self.datasets

    @property
    def mean_width(self) -> float:
        """Mean width of the existing intervals."""
        return self.width / (self.datasets - self.absent)

    @property
    def spread(self) -> float:
        """The SD of the point estimates."""
        return float(np.sqrt(self.square / self.datasets - (self.value / self.datasets) ** 2))

    def distance(self, truth: float) -> float:
        """Return the distance between the mean point estimate and the truth, in Monte Carlo errors."""
        mean = self.value / self.datasets
        return float((mean - truth) / (self.spread / np.sqrt(self.datasets - 1)))


def tally(ends: Doubles, values: Doubles, truth: float) -> Tally:
    """Count intervals (D, 2) of point estimates (D,) against the truth."""
    low, high = ends.T
    absent = np.isnan(low)
    return Tally(
        datasets=len(ends),
        above=int((low > truth).sum()),
        below=int((high < truth).sum()),
        absent=int(absent.sum()),
        width=float((high - low)[~absent].sum()),
        value=float(values.sum()),
        square=float((values**2).sum()),
    )


def tallies(cell: Cell, found: Found, repeats: int) -> Iterator[tuple[str, str, Tally, Doubles]]:
    """Yield the estimate, the method, its tally and its half-widths, for the first ``repeats`` repeats.

    ``auroc`` is the AUROC of source a, with its interval clipped to 0..1; ``gap`` is a - c; ``equal`` is a - b, whose
    truth is 0.
    """
    values = found.measured[:, :, :repeats].reshape(len(found.measured), 3, -1)  # (D, 3, R x K)
    drawn = found.bootstrap[:, :, :repeats].mean(axis=2)  # (D, 3, B)
    added = found.added[:, :, :repeats]
    for name, truth, other in (("auroc", cell.auroc, None), ("equal", 0.0, 1), ("gap", GAP, 2)):
        rows, replicates, patients = (
            array[:, 0] if other is None else array[:, 0] - array[:, other] for array in (values, drawn, added)
        )
        estimates = rows.mean(axis=1)
        ends = dict(_ends(cell, name, rows, patients))
        ends[BOOTSTRAP] = np.percentile(replicates, (2.5, 97.5), axis=1).T
        for method, pairs in ends.items():
            inside = np.clip(pairs, 0, 1) if other is None else pairs
            yield name, method, tally(inside, estimates, truth), (inside[:, 1] - inside[:, 0]) / 2


def _ends(cell: Cell, name: str, rows: Doubles, patients: Doubles) -> Iterator[tuple[str, Doubles]]:
    """Yield the methods with their intervals (D, 2) of fold values (D, R x K) and patients (D, R, patients)."""
    groups, trained = np.arange(2).repeat(cell.sizes), (1 - 1 / FOLDS) * (1 - cell.inner)
    sharp = [
        measured_mean(row, FOLDS, ByPatient(added, groups, trained)) for row, added in zip(rows, patients, strict=True)
    ]
    is_share = name == "auroc"
    yield PRIMARY, np.array([mean.interval_of_share() if is_share else mean.interval() for mean in sharp])
    means = [fold_mean(row, FOLDS) for row in rows]
    for method, interval in METHODS.items():
        if is_share or method != "logit":
            yield method, np.array([interval(mean, rows.shape[1]) for mean in means])
