"""Coverage and width of the intervals of a cross-validation over many simulated data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, replace
from operator import add

import numpy as np
from _simulation import FOLDS, GAP, Cell, Doubles, Found
from scipy.special import expit, logit

from radtl_tf.evaluation.inference.comparison import difference
from radtl_tf.evaluation.inference.corrected_t import FoldMean, fold_mean

COVERAGE, TYPE_I = (
    0.93,
    0.055,
)  # targets of the primary interval; the type-I error may exceed its target by Monte Carlo errors
PRIMARY = "k - 1 df"
Ends = tuple[float, float]


def primary(found: FoldMean, number: int) -> Ends:
    """Return the interval used by radtl."""
    return found.interval()


def on_logit_scale(found: FoldMean, number: int) -> Ends:
    """Return the primary interval computed on the log-odds scale (delta method) and transformed back to 0..1."""
    mean, (_, high) = found.mean, found.interval()
    if not 0 < mean < 1:
        return np.nan, np.nan
    reach = (high - mean) / (mean * (1 - mean))
    return float(expit(logit(mean) - reach)), float(expit(logit(mean) + reach))


def with_all_df(found: FoldMean, number: int) -> Ends:
    """Return the corrected t interval with ``number`` - 1 degrees of freedom."""
    return replace(found, df=number - 1).interval()


def naive(found: FoldMean, number: int) -> Ends:
    """Return the uncorrected t interval, which treats the ``number`` fold values as independent."""
    return replace(found, standard_error=found.sd / np.sqrt(number), df=number - 1).interval()


METHODS: dict[str, Callable[[FoldMean, int], Ends]] = {
    PRIMARY: primary,
    "logit": on_logit_scale,  # for an AUROC only; a difference has no log-odds
    "kR - 1 df": with_all_df,
    "naive t": naive,
}
BOOTSTRAP = "bootstrap"


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

    def distance(self, truth: float) -> float:
        """Return the distance between the mean point estimate and the truth, in Monte Carlo errors."""
        mean = self.value / self.datasets
        spread = self.square / self.datasets - mean**2
        return (mean - truth) / np.sqrt(spread / (self.datasets - 1))


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


def tallies(cell: Cell, found: Found, repeats: int) -> Iterator[tuple[str, str, Tally]]:
    """Yield the estimate, the method and its tally, for the first ``repeats`` repeats of each data set.

    ``auroc`` is the AUROC of source a, with its interval clipped to 0..1 as in radtl; ``gap`` is a - c; ``equal`` is
    a - b, whose truth is 0.
    """
    values = found.measured[:, :, :repeats].reshape(len(found.measured), 3, -1)  # (D, 3, R x K)
    drawn = found.bootstrap[:, :, :repeats].mean(axis=2)  # (D, 3, B)
    for name, truth, other in (("auroc", cell.auroc, None), ("equal", 0.0, 1), ("gap", GAP, 2)):
        if other is None:
            means, replicates = [fold_mean(row, FOLDS) for row in values[:, 0]], drawn[:, 0]
        else:
            means = [difference(row[0], row[other], FOLDS) for row in values]
            replicates = drawn[:, 0] - drawn[:, other]
        estimates = np.array([mean.mean for mean in means])
        for method, interval in METHODS.items():
            if method == "logit" and other is not None:
                continue
            ends = np.array([interval(mean, values.shape[2]) for mean in means])
            yield name, method, tally(np.clip(ends, 0, 1) if other is None else ends, estimates, truth)
        ends = np.percentile(replicates, (2.5, 97.5), axis=1).T
        yield name, BOOTSTRAP, tally(ends, estimates, truth)
