"""Whole cross-validations of linear heads on data sets that are drawn, split, trained on and evaluated, many at once.

Features are Gaussian with unit covariance; the classes differ in their means along one direction. A patient has one or
several images that share a part of their noise. Three sources of features stand for weights: ``a`` and ``b`` are
equally good, ``c`` is worse, and their noise is correlated, as that of two backbones on the same images is. The head is
a ridge discriminant. Its AUROC on all patients there could be has a closed form, so the truth that an interval has to
cover, the expected AUROC of the procedure at the fold's training size, is a mean and no guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

SOURCES = ("a", "b", "c")
FEATURES, SHARED, WITHIN, RIDGE = (
    8,
    0.5,
    0.6,
    0.1,
)  # dimensions, correlation of sources and of a patient's images, ridge
WORSE = 0.05  # by how much the best AUROC of source c lies below that of the others
FOLDS = 5
_CHUNK = 50  # data sets at once


@dataclass(frozen=True)
class Cell:
    """What the data sets of one simulation are like; ``auroc`` is that of the best head on the features of ``a``."""

    patients: int
    prevalence: float
    auroc: float
    images: int
    unit: str

    @property
    def positives(self) -> int:
        """Patients of the positive class."""
        return round(self.patients * self.prevalence)

    @property
    def pooled(self) -> int:
        """How many images a case's score is the mean of."""
        return self.images if self.unit == "patient" else 1


@dataclass(frozen=True)
class Found:
    """Per data set, source, repeat and fold (D, 3, R, 5): the AUROC of the test part, and the closed form.

    ``bootstrap`` (D', 3, B): replicates of the mean over the folds of the first repeat, for the first data sets.
    """

    measured: NDArray[np.float64]
    expected: NDArray[np.float64]
    bootstrap: NDArray[np.float64]


def simulate(cell: Cell, datasets: int, repeats: int, *, replicates: int = 0, seed: int = 0) -> Found:
    """Return the cross-validations of ``datasets`` data sets; of a fifth of them with bootstrap replicates."""
    rng = np.random.default_rng((seed, cell.patients, round(1000 * cell.auroc), cell.images, len(cell.unit)))
    parts = [
        _chunk(cell, min(_CHUNK, datasets - start), repeats, replicates, rng) for start in range(0, datasets, _CHUNK)
    ]
    return Found(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def draw(cell: Cell, datasets: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return features (D, 3, patients, images, FEATURES) and the class of each patient (patients,), positives first."""
    truth = (np.arange(cell.patients) < cell.positives).astype(np.int64)
    shape = (datasets, len(SOURCES), cell.patients)
    noise = _noise((*shape, 1, FEATURES), rng) * np.sqrt(WITHIN if cell.images > 1 else 0)
    noise = noise + _noise((*shape, cell.images, FEATURES), rng) * np.sqrt(1 - WITHIN if cell.images > 1 else 1)
    for source, distance in enumerate(distances(cell)):
        noise[:, source, :, :, 0] += distance * truth[:, None]
    return noise, truth


def distances(cell: Cell) -> list[float]:
    """Return how far apart the means of the classes are, in SDs, per source."""
    return [float(norm.ppf(area) * np.sqrt(2)) for area in (cell.auroc, cell.auroc, cell.auroc - WORSE)]


def draw_folds(truth: NDArray[np.int64], datasets: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the fold (D, patients) of each patient: patients whole, classes spread evenly."""
    folds = np.empty((datasets, len(truth)), np.int64)
    for of_class in (0, 1):
        members = np.flatnonzero(truth == of_class)
        order = rng.permuted(np.tile(np.arange(len(members)), (datasets, 1)), axis=1)
        folds[:, members] = (order + rng.integers(FOLDS, size=(datasets, 1))) % FOLDS
    return folds


def closed_form(weights: NDArray[np.float64], distance: float, pooled: int) -> NDArray[np.float64]:
    """Return the AUROC of heads (..., FEATURES) over all cases there could be, each the mean of ``pooled`` images."""
    spread = 1.0 if pooled == 1 else WITHIN + (1 - WITHIN) / pooled
    return norm.cdf(weights[..., 0] * distance / np.sqrt(2 * spread * (weights**2).sum(axis=-1)))


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return standard normal numbers that the sources (axis 1) share in part."""
    common = rng.standard_normal((shape[0], 1, *shape[2:]))
    return np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * rng.standard_normal(shape)


def _chunk(
    cell: Cell, datasets: int, repeats: int, replicates: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], ...]:
    features, truth = draw(cell, datasets, rng)
    measured = np.empty((datasets, len(SOURCES), repeats, FOLDS))
    expected, few = np.empty_like(measured), max(datasets // 5, 1)
    means = np.zeros((few, len(SOURCES), replicates))
    for repeat in range(repeats):
        folds = draw_folds(truth, datasets, rng)
        for fold in range(FOLDS):
            held = folds == fold
            weights = _train(features, truth, ~held)  # (D, 3, FEATURES)
            for source, distance in enumerate(distances(cell)):
                expected[:, source, repeat, fold] = closed_form(weights[:, source], distance, cell.pooled)
            wins = [_wins(features, truth, held, weights, cell, one) for one in range(datasets)]
            measured[:, :, repeat, fold] = [won.mean(axis=(1, 2)) for won in wins]
            if replicates and repeat == 0:
                means += np.stack([_resampled(won, cell, replicates, rng) for won in wins[:few]]) / FOLDS
    return measured, expected, means


def _train(features: NDArray[np.float64], truth: NDArray[np.int64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return ridge discriminants (D, 3, FEATURES) of the images of the patients that are ``kept`` (D, patients)."""
    datasets, sources, patients, images, width = features.shape
    means, scatter, number = [], np.zeros((datasets, sources, width, width)), 0.0
    sums = features.sum(axis=3)  # (D, 3, patients, FEATURES)
    squares = np.einsum("dspiw,dspiv,dp->dswv", features, features, kept.astype(float), optimize=True)
    for of_class in (0, 1):
        weight = (kept & (truth == of_class)).astype(float)  # (D, patients)
        count = weight.sum(axis=1)[:, None, None] * images
        mean = np.einsum("dspw,dp->dsw", sums, weight, optimize=True) / count
        squares = squares - count[..., None] * mean[..., :, None] * mean[..., None, :]
        means.append(mean)
        number = number + count[..., None]
    scatter = squares / number + RIDGE * np.eye(width)
    return np.linalg.solve(scatter, (means[1] - means[0])[..., None])[..., 0]


def _wins(
    features: NDArray[np.float64],
    truth: NDArray[np.int64],
    held: NDArray[np.bool_],
    weights: NDArray[np.float64],
    cell: Cell,
    one: int,
) -> NDArray[np.float32]:
    """Return (3, positives, negatives) of one data set's test part: whether the positive case has the higher score."""
    positives, negatives = (np.flatnonzero(held[one] & (truth == of_class)) for of_class in (1, 0))
    scores = np.einsum("spiw,sw->spi", features[one][:, np.concatenate([positives, negatives])], weights[one])
    scores = scores.mean(axis=2, keepdims=True) if cell.unit == "patient" else scores
    high, low = scores[:, : len(positives)], scores[:, len(positives) :]
    high, low = high.reshape(len(SOURCES), -1), low.reshape(len(SOURCES), -1)
    return (high[:, :, None] > low[:, None, :]).astype(np.float32)


def _resampled(wins: NDArray[np.float32], cell: Cell, replicates: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return AUROCs (3, B) with the patients of each class drawn anew."""
    images = cell.images if cell.unit == "image" else 1
    drawn = []
    for size in wins.shape[1:]:
        patients = size // images
        counts = rng.multinomial(patients, np.full(patients, 1 / patients), replicates)
        drawn.append(np.repeat(counts, images, axis=1).astype(np.float32) / size)
    return np.einsum("bp,spn,bn->sb", drawn[0], wins, drawn[1], optimize=True)
