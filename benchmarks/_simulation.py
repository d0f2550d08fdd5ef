"""Simulate whole cross-validations of linear heads: draw data sets, split them, train and evaluate, many at once.

Features are Gaussian with unit covariance; the means of the classes differ along the first axis. A patient has one or
several images, whose noise is correlated. Three sources of features represent weights: ``a`` and ``b`` are equally good
by construction, ``c`` is worse. Their noise is correlated, as for two backbones on the same images. A head is a ridge
discriminant (Fisher's, with a constant on the diagonal) fitted to the images of the training part: all patients outside
the test fold, except those of the inner part, which is not used here.

The AUROC of a head over the whole population has a closed form. The truth that an interval must cover is the expected
AUROC of the procedure at the fold's training size. It is known: the distance of the classes is chosen so that the mean
of the closed form over many independent training parts is the AUROC in the name of the cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from radtl_tf.data.folds.draw import MIN_TEST_PATIENTS
from radtl_tf.records.experiment import FoldPlan, Unit

SOURCES = ("a", "b", "c")
GAP = 0.05  # difference between the expected AUROC of a or b and of c
FEATURES, RIDGE = 20, 0.1
SOURCES_SHARE, IMAGES_SHARE = 0.5, 0.6  # correlations of the noise of two sources, and of the images of one patient
FOLDS = FoldPlan().count
_NOISES = (0, 1, 1)  # c has the noise of b; only its signal differs
_AT_ONCE = 20  # data sets

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """Settings of the data sets of one simulation; ``auroc`` is the expected AUROC of ``a`` and ``b``, per unit.

    ``inner``: share of the patients outside a test fold that are not used for training.
    """

    patients: int
    prevalence: float
    auroc: float
    images: int
    unit: Unit
    inner: float = FoldPlan().inner

    @property
    def name(self) -> str:
        """The name of the cell on the command line and in the results."""
        return f"{self.patients}-{self.prevalence}-{self.auroc}-{self.images}-{self.unit}-{self.inner}"

    @property
    def sizes(self) -> tuple[int, int]:
        """The numbers of patients of the positive and the negative class."""
        positives = round(self.patients * self.prevalence)
        return positives, self.patients - positives

    @property
    def is_refused(self) -> bool:
        """Return whether radtl refuses the folds: too few patients of a class in a test fold."""
        return min(self.sizes) // FOLDS < MIN_TEST_PATIENTS

    @property
    def pooled(self) -> int:
        """The number of images whose mean is a case's score."""
        return self.images if self.unit == "patient" else 1

    @property
    def targets(self) -> tuple[float, ...]:
        """The expected AUROC of each source."""
        return self.auroc, self.auroc, self.auroc - GAP


@dataclass(frozen=True)
class Split:
    """Folds of D data sets and R repeats: ``train`` (D, R, K, patients) is 1 for patients of the training part.

    ``test`` has the patients of the test part, positive (D, R, K, P / K) and negative (D, R, K, N / K). The positive
    patients come first in a data set.
    """

    train: Floats
    test: tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class Found:
    """AUROCs of the test parts (D, 3, R, K), and bootstrap replicates (D, 3, R, B) of each repeat's mean over folds.

    ``added`` (D, 3, R, patients): what each patient adds to the error of the mean, as ``repeated_folds.contributions``.
    """

    measured: Doubles
    bootstrap: Doubles
    added: Doubles


def simulate(
    cell: Cell, distances: Sequence[float], datasets: int, repeats: int, *, replicates: int, seed: Sequence[int]
) -> Found:
    """Return the cross-validations of ``datasets`` data sets with class distances ``distances`` (3,), in SDs."""
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    parts = [
        _some(cell, distances, min(_AT_ONCE, datasets - start), repeats, replicates, rng)
        for start in range(0, datasets, _AT_ONCE)
    ]
    return Found(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def draw_noise(cell: Cell, datasets: int, sources: int, rng: np.random.Generator) -> Floats:
    """Return features (D, S, patients, images, FEATURES) without signal: unit variance, correlated as above."""
    shape = (datasets, sources, cell.patients)
    alone = _normal((*shape, cell.images, FEATURES), rng)
    if cell.images == 1:
        return alone
    common = _normal((*shape, 1, FEATURES), rng)
    return np.float32(np.sqrt(IMAGES_SHARE)) * common + np.float32(np.sqrt(1 - IMAGES_SHARE)) * alone


def draw_split(cell: Cell, datasets: int, repeats: int, rng: np.random.Generator) -> Split:
    """Draw test folds and inner parts by patient, with each class spread evenly, independently in every repeat.

    Raises:
        ValueError: a class cannot be divided into equal folds, so ``data.folds.draw`` would give other folds.
    """
    if any(size % FOLDS for size in cell.sizes):
        raise ValueError(f"{cell.sizes} patients cannot be divided into {FOLDS} equal folds")
    train = np.ones((datasets, repeats, FOLDS, cell.patients), np.float32)
    test, first = [], 0
    for size in cell.sizes:
        order = rng.permuted(np.tile(np.arange(size), (datasets, repeats, 1)), axis=-1)
        held = order.reshape(datasets, repeats, FOLDS, -1)
        lots = rng.random((datasets, repeats, FOLDS, size), dtype=np.float32)
        np.put_along_axis(lots, held, 2.0, axis=-1)  # no patient of the test fold is drawn for the inner part
        num_inner = round(cell.inner * (size - size // FOLDS))
        drawn = np.argpartition(lots, num_inner, axis=-1)[..., :num_inner]
        of_class = train[..., first : first + size]
        np.put_along_axis(of_class, held, 0.0, axis=-1)
        np.put_along_axis(of_class, drawn, 0.0, axis=-1)
        test.append(held + first)
        first += size
    return Split(train, (test[0], test[1]))


def train(noise: Floats, cell: Cell, kept: Floats) -> Doubles:
    """Fit heads to the images of the patients in ``kept`` (D, T, patients), for T training parts.

    Returns (2, D, S, T, FEATURES): the head for a class distance of d SDs is ``[0] + d * [1]``. The scatter within the
    classes does not depend on their distance, so one fit is valid for all distances.
    """
    datasets, sources, patients, _, width = noise.shape
    squares = np.einsum("dsnmi,dsnmj->dsnij", noise, noise).reshape(datasets, sources, patients, -1)
    sums, chosen = noise.sum(axis=3), kept[:, None]
    scatter = (chosen @ squares).astype(float).reshape(datasets, sources, -1, width, width)
    means, edge, number = [], cell.sizes[0], 0.0
    for part in (slice(None, edge), slice(edge, None)):
        images = kept[0, 0, part].sum() * cell.images
        mean = (chosen[..., part] @ sums[:, :, part]).astype(float) / images
        scatter -= images * mean[..., :, None] * mean[..., None, :]
        means.append(mean)
        number += images
    covariance = scatter / (number - 2) + RIDGE * np.eye(width)
    apart = means[0] - means[1]
    sides = np.stack([apart, np.broadcast_to(np.eye(width)[0], apart.shape)], axis=-1)
    return np.moveaxis(np.linalg.solve(covariance, sides), -1, 0)


def closed_form(heads: Doubles, distance: float, pooled: int) -> Doubles:
    """Return the population AUROC of heads (..., FEATURES), where a case is the mean of ``pooled`` images."""
    spread = IMAGES_SHARE + (1 - IMAGES_SHARE) / pooled if pooled > 1 else 1.0
    return norm.cdf(heads[..., 0] * distance / np.sqrt(2 * spread * (heads**2).sum(axis=-1)))


def training_parts(cell: Cell, datasets: int, seed: Sequence[int]) -> Doubles:
    """Return fits (2, D, FOLDS, FEATURES) of ``train`` for separate data sets."""
    rng, fits = np.random.default_rng(np.random.SeedSequence(seed)), []
    for start in range(0, datasets, _AT_ONCE):
        size = min(_AT_ONCE, datasets - start)
        noise, split = draw_noise(cell, size, 1, rng), draw_split(cell, size, 1, rng)
        fits.append(train(noise, cell, split.train[:, 0])[:, :, 0])
    return np.concatenate(fits, axis=1)


def calibrate(fits: Doubles, auroc: float, pooled: int) -> tuple[float, float]:
    """Return the class distance in SDs that gives an expected AUROC of ``auroc``, and its Monte Carlo error.

    The Monte Carlo error of the expectation is the SD of the mean over data sets.
    """

    def expected(distance: float) -> Doubles:
        return closed_form(fits[0] + distance * fits[1], distance, pooled).mean(axis=-1)  # (D,)

    distance = float(brentq(lambda distance: expected(distance).mean() - auroc, 0.01, 10.0))
    return distance, float(expected(distance).std(ddof=1) / np.sqrt(fits.shape[1]))


def _normal(shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Return standard normal numbers that are correlated between the sources (axis 1)."""
    drawn = rng.standard_normal(shape, dtype=np.float32)
    for source in range(1, shape[1]):
        drawn[:, source] *= np.float32(np.sqrt(1 - SOURCES_SHARE**2))
        drawn[:, source] += np.float32(SOURCES_SHARE) * drawn[:, 0]
    return drawn


def _some(
    cell: Cell, distances: Sequence[float], datasets: int, repeats: int, replicates: int, rng: np.random.Generator
) -> tuple[Doubles, Doubles, Doubles]:
    """Return the arrays of ``Found``."""
    noise, split = draw_noise(cell, datasets, 2, rng), draw_split(cell, datasets, repeats, rng)
    fits = train(noise, cell, split.train.reshape(datasets, -1, cell.patients))
    apart = np.asarray(distances)[:, None, None]
    heads = (fits[0][:, _NOISES] + apart * fits[1][:, _NOISES]).astype(np.float32)  # (D, 3, T, FEATURES)
    cases = noise.mean(axis=3, keepdims=True) if cell.unit == "patient" else noise
    features = cases[:, _NOISES]  # a copy, (D, 3, patients, images or 1, FEATURES)
    features[:, :, : cell.sizes[0], :, 0] += apart.astype(np.float32)
    measured, means, added = [], [], []
    for number in range(datasets):
        test = tuple(part[number].reshape(repeats * FOLDS, -1) for part in split.test)
        won = wins(features[number], heads[number], test)
        measured.append(won.mean(axis=(-2, -1), dtype=float).reshape(len(SOURCES), repeats, FOLDS))
        added.append(by_patient(won, test, cell, repeats))
        again = _resampled(won, test, _times_drawn(cell, replicates, rng))
        means.append(np.nanmean(again.reshape(len(SOURCES), repeats, FOLDS, replicates), axis=2))
    return np.stack(measured), np.stack(means), np.stack(added)


def by_patient(won: Floats, test: Sequence[NDArray[np.int64]], cell: Cell, repeats: int) -> Doubles:
    """Return what each patient adds to the error of a repeat's mean AUROC (3, R, patients), from ``wins``."""
    sources = len(won)
    placed = np.empty((sources, repeats, cell.patients))
    for part, shares in zip(test, (won.mean(axis=-1), won.mean(axis=-2)), strict=True):
        of_repeat = np.broadcast_to(part.reshape(repeats, -1), (sources, repeats, part.size // repeats))
        np.put_along_axis(placed, of_repeat, shares.reshape(sources, repeats, -1).astype(float), axis=-1)
    edge = cell.sizes[0]
    centered = placed - placed[..., :edge].mean(axis=-1, keepdims=True)
    return centered / np.sqrt([number * (number - 1) for number in cell.sizes]).repeat(cell.sizes)


def wins(features: Floats, heads: Floats, test: Sequence[NDArray[np.int64]]) -> Floats:
    """Return how often each positive patient of a test part has a higher score than each negative one.

    The result is (3, T, P / K, N / K) in 0..1, from ``features`` (3, patients, cases, FEATURES) of one data set,
    ``heads`` (3, T, FEATURES) and the patients ``test``, (T, P / K) and (T, N / K). With several cases per patient it
    is the share of the pairs of cases. All patients have the same number of cases, so the mean over pairs of patients
    is the AUROC over the cases. Scores have no ties.
    """
    sources, patients, cases, width = features.shape
    flat = features.reshape(sources, patients * cases, width)
    scores = (heads @ flat.transpose(0, 2, 1)).reshape(sources, -1, patients, cases)
    high, low = (np.take_along_axis(scores, part[None, :, :, None], axis=2) for part in test)
    won = np.zeros((*high.shape[:3], low.shape[2]), np.float32)
    for one in range(cases):
        for other in range(cases):
            won += high[..., one, None] > low[..., None, :, other]
    return won / np.float32(cases * cases)


def _times_drawn(cell: Cell, replicates: int, rng: np.random.Generator) -> Floats:
    """Return how often each patient (patients, B) is drawn with replacement from the patient's class."""
    counts = []
    for size in cell.sizes:
        place = rng.integers(size, size=(size, replicates)) * replicates + np.arange(replicates)
        counts.append(np.bincount(place.ravel(), minlength=size * replicates).reshape(size, replicates))
    return np.concatenate(counts).astype(np.float32)


def _resampled(won: Floats, test: Sequence[NDArray[np.int64]], drawn: Floats) -> Doubles:
    """Return AUROCs (3, T, B) with patients weighted by their draws; ``nan`` if a class was not drawn."""
    positive, negative = (drawn[part] for part in test)  # (T, P / K, B), (T, N / K, B)
    sums = np.einsum("tpb,stpb->stb", positive, won @ negative)
    pairs = (positive.sum(axis=1) * negative.sum(axis=1))[None]
    return np.divide(sums, pairs, out=np.full(sums.shape, np.nan), where=pairs > 0)
