"""The expected widths of an experiment's intervals, before it is run."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats
from scipy.special import gammaln

LIKELY = 0.8  # an AUROC between chance and perfection, typical of most tasks
CORRELATION = 0.5  # between the fold values of two weights, which share cases and folds

TRAINING = 1.4  # variance with training over the variance of fixed models: median of the cells of AUROC 0.8 (coverage)


@dataclass(frozen=True)
class Expected:
    """Half widths of 95 % intervals: of one AUROC, and of the difference of two on the same folds.

    ``equivalence`` is the half width of the difference's 90 % interval, which must be inside the margin.
    """

    single: float
    difference: float
    equivalence: float

    def sentence(self, margin: float | None) -> str:
        """Say what the experiment can show; ``margin`` as in the question, ``None`` without one."""
        said = (
            f"Expected 95 % intervals for an AUROC near {LIKELY:g}: +-{self.single:.3f} for one of the weights and "
            f"+-{self.difference:.3f} for a difference"
        )
        if margin is None:
            return f"{said}."
        can = (
            "can be shown" if self.equivalence < margin else "is shown only if the fold values vary less than expected"
        )
        return (
            f"{said}. Differences below about {self.difference:.2f} will probably stay undecided, and equivalence "
            f"within +-{margin:g} {can}. More patients narrow the intervals; more repeats help a little."
        )


def expected(positives: int, negatives: int, folds: int, repeats: int) -> Expected:
    """Return the widths for these numbers of cases; only a guide, because scores are assumed normal in each class.

    With one repeat, the interval is the corrected resampled t of ``corrected_t.fold_mean``, without the spread that
    training adds. With more, it is ``repeated_folds.repeated_mean``, with ``TRAINING``.
    """
    if repeats == 1:
        spread = _standard_error(LIKELY, positives / folds, negatives / folds) * _bias(folds)
        error, df = spread * math.sqrt(1 / folds + 1 / (folds - 1)), folds - 1
    else:
        error = _standard_error(LIKELY, positives, negatives) * math.sqrt(TRAINING)
        df = min(positives, negatives) - 1
    both = error * math.sqrt(2 * (1 - CORRELATION))
    wide, narrow = (float(stats.t.ppf(level, max(df, 1))) for level in (0.975, 0.95))
    return Expected(single=wide * error, difference=wide * both, equivalence=narrow * both)


def _standard_error(area: float, positives: float, negatives: float) -> float:
    """Return the standard error of an AUROC whose scores are normal with equal variance.

    Hanley & McNeil (Radiology 1982, equation 1); the chance that two cases of a class both win against one of the other
    is a bivariate normal probability with correlation 1/2.
    """
    at = float(stats.norm.ppf(area))
    both = float(stats.multivariate_normal.cdf([at, at], cov=[[1, 0.5], [0.5, 1]]))
    variance = area * (1 - area) + (positives + negatives - 2) * (both - area**2)
    return math.sqrt(variance / (positives * negatives))


def _bias(number: int) -> float:
    """Return the mean of the SD of ``number`` normal values, in units of the true one."""
    return math.sqrt(2 / (number - 1)) * math.exp(gammaln(number / 2) - gammaln((number - 1) / 2))
