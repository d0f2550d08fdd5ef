"""Simulate cross-validations of a regression: draw patients with a number, split them, fit ridge regressions, test.

The number t of a patient, in units of its SD, is uniform, as ages often are. An image has 20 Gaussian features of unit
variance; the first one also has the signal, ``slope`` x t. Three sources of features represent weights: ``a`` and ``b``
are equally good by construction, ``c`` has less signal. Their noise is correlated, as for two backbones on the same
images, and so is the noise of the images of one patient. In cells named ``wrong``, 5 % of the labels are wrong by three
SD, and the noise grows with t: some patients are much harder than others.

Given its coefficients, the mean absolute error of a fit over the whole population has a closed form (folded normal).
The truth that an interval must cover is the mean of it over many independent training parts: the expected MAE of the
procedure at the fold's training size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from radtl_tf.evaluation.inference.repeated_folds import error_contributions
from radtl_tf.records.experiment import FoldPlan, Unit

FEATURES, RIDGE, LESS = 20, 5.0, 0.8  # LESS: the signal of c, in units of the signal of a and b
SOURCES_SHARE, IMAGES_SHARE = 0.5, 0.6  # correlations of the noise of two sources, and of the images of one patient
WRONG, WRONG_BY, GROWTH = 0.05, 3.0, 0.25  # share of wrong labels, their error in SD, growth of the noise with t
STRATA = 5
FOLDS, INNER = FoldPlan().count, FoldPlan().inner
EDGE = np.sqrt(3.0)  # of a uniform number with an SD of 1
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class NumberCell:
    """Settings of the data sets of one simulation; ``slope`` is the signal of the sources ``a`` and ``b``."""

    patients: int
    slope: float
    labels: str
    images: int
    unit: Unit

    @property
    def name(self) -> str:
        """The name of the cell on the command line and in the results."""
        return f"{self.patients}-{self.slope}-{self.labels}-{self.images}-{self.unit}"

    @property
    def slopes(self) -> Doubles:
        """The signal of each source (3,)."""
        return self.slope * np.array([1.0, 1.0, LESS])

    @property
    def pooled(self) -> int:
        """The number of images whose mean prediction is a case's."""
        return self.images if self.unit == "patient" else 1

    def spread(self, t: Doubles) -> Doubles:
        """Return the SD of the noise of patients with the number t."""
        return 1 + GROWTH * t if self.labels == "wrong" else np.ones_like(t)


@dataclass(frozen=True)
class OneSet:
    """Fold values (3, R, K), what each patient adds (3, R, patients), and the true MAE (3, K) of one repeat's fits."""

    measured: Doubles
    added: Doubles
    true: Doubles


def simulate(cell: NumberCell, repeats: int, rng: np.random.Generator) -> OneSet:
    """Return a cross-validation of one data set with ``repeats`` repeats."""
    t = rng.uniform(-EDGE, EDGE, cell.patients)
    wrong = (rng.random(cell.patients) < WRONG) * rng.choice([-WRONG_BY, WRONG_BY], cell.patients)
    label = t + wrong * (cell.labels == "wrong")
    features = _features(cell, t, rng)  # (3, patients, images, FEATURES)
    fold, inner = _folds(label, repeats, rng)
    measured = np.empty((3, repeats, FOLDS))
    added, true = np.empty((3, repeats, cell.patients)), np.empty((3, FOLDS))
    owners = np.arange(cell.patients).repeat(1 if cell.unit == "patient" else cell.images)
    for source, repeat in np.ndindex(3, repeats):
        errors = np.empty((cell.patients, len(owners) // cell.patients))
        for number in range(FOLDS):
            tested = fold[repeat] == number
            trained = ~tested & ~inner[repeat, number]
            offset, weights = _ridge(features[source, trained], label[trained])
            found = features[source, tested] @ weights + offset
            found = found.mean(axis=1, keepdims=True) if cell.unit == "patient" else found
            errors[tested] = np.abs(found - label[tested, None])
            measured[source, repeat, number] = errors[tested].mean()
            if not repeat:
                true[source, number] = closed_form(cell, cell.slopes[source], offset, weights)
        folds = fold[repeat].repeat(errors.shape[1])
        added[source, repeat] = error_contributions(errors.ravel(), folds, owners, cell.patients)
    return OneSet(measured, added, true)


def closed_form(cell: NumberCell, slope: float, offset: float, weights: Doubles) -> float:
    """Return the MAE of a fit over the population: the mean of folded normals over t and over wrong labels."""
    t = EDGE * (np.arange(201) - 100) / 100.5
    shared = IMAGES_SHARE + (1 - IMAGES_SHARE) / cell.pooled if cell.pooled > 1 else 1.0
    sd = cell.spread(t) * np.sqrt(shared * (weights**2).sum()) + 1e-12
    apart = offset + slope * t * weights[0] - t
    shifts = ((0.0, 1 - WRONG), (-WRONG_BY, WRONG / 2), (WRONG_BY, WRONG / 2))
    parts = shifts if cell.labels == "wrong" else ((0.0, 1.0),)
    return float(sum(share * _folded(apart - shift, sd).mean() for shift, share in parts))


def _folded(mean: Doubles, sd: Doubles) -> Doubles:
    """Return the mean of the absolute value of a normal number."""
    ratio = mean / sd
    return sd * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2) + mean * (1 - 2 * norm.cdf(-ratio))


def _features(cell: NumberCell, t: Doubles, rng: np.random.Generator) -> Doubles:
    """Return the features of the images (3, patients, images, FEATURES)."""
    common = rng.standard_normal((2, cell.patients, 1, FEATURES))
    alone = rng.standard_normal((2, cell.patients, cell.images, FEATURES))
    several = np.sqrt(IMAGES_SHARE) * common + np.sqrt(1 - IMAGES_SHARE) * alone
    noise = several if cell.images > 1 else alone
    noise[1] = SOURCES_SHARE * noise[0] + np.sqrt(1 - SOURCES_SHARE**2) * noise[1]
    features = noise[[0, 1, 1]] * cell.spread(t)[:, None, None]  # c has the noise of b; only its signal differs
    features[..., 0] += cell.slopes[:, None, None] * t[:, None]
    return features


def _folds(label: Doubles, repeats: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the fold (R, patients) and whether a patient is in a fold's inner part (R, K, patients).

    Both are drawn within the fifths of the label, as ``radtl_tf`` does.
    """
    order = np.argsort(label).reshape(STRATA, -1)
    fold = np.empty((repeats, label.size), np.int64)
    inner = np.zeros((repeats, FOLDS, label.size), bool)
    for repeat in range(repeats):
        for stratum in order:
            drawn = rng.permutation(stratum)
            fold[repeat, drawn] = np.arange(drawn.size) % FOLDS
            for number in range(FOLDS):
                rest = rng.permutation(drawn[fold[repeat, drawn] != number])
                inner[repeat, number, rest[: round(INNER * rest.size)]] = True
    return fold, inner


def _ridge(features: Doubles, label: Doubles) -> tuple[float, Doubles]:
    """Return offset and weights (FEATURES,) of a ridge regression on the images (n, images, FEATURES) of n patients."""
    rows = features.reshape(-1, features.shape[-1])
    numbers = label.repeat(features.shape[1])
    center, middle = rows.mean(axis=0), numbers.mean()
    scatter = (rows - center).T @ (rows - center) + RIDGE * np.eye(rows.shape[1])
    weights = np.linalg.solve(scatter, (rows - center).T @ (numbers - middle))
    return float(middle - center @ weights), weights


def trained_share() -> float:
    """Return the share of the patients in a training part."""
    return (1 - 1 / FOLDS) * (1 - INNER)


def mean_truths(sets: Sequence[OneSet]) -> tuple[Doubles, float]:
    """Return the expected MAE of each source (3,), and its Monte Carlo error, from the fits of many data sets."""
    each = np.array([one.true.mean(axis=1) for one in sets])
    return each.mean(axis=0), float(each.std(axis=0, ddof=1).max() / np.sqrt(len(each)))
