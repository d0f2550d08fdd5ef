"""Score every pixel convention by how well a user's images match the first batch norms of a pre-trained network.

A batch norm stores the mean and variance of its inputs in pre-training, and these depend on the pixels of the images
(Li et al. 2016, arXiv 1603.04779: these statistics distinguish domains). With the right convention, the activations of
other images have nearly the same statistics; with a wrong one they are too large, too small or shifted.
Radiographs differ from the images of pre-training, so a score is evidence, not proof. The largest difference is
sharpness, and half the sharpness looks like half the range. Therefore each convention is scored on images shrunk 1, 2
and 4 times (shrinking sharpens), and its best score is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import ExperimentError, WeightsError
from radtl_tf.models.pixels import DISTINCT, PixelConvention, convention, to_network
from radtl_tf.records.image_size import size_of

NUM_NORMS = 4  # one is not enough: the first layer detects edges and hardly reacts to an offset
SHRINKS = (1, 2, 4)
CLOSE = 0.01  # a smaller difference in agreement does not show which convention is right
DARK = 0.3  # mean grey; darker films, far below photographs (0.45), look like images with another offset
POOR = 0.7  # below this agreement, even the best convention does not fit
_BATCH = 16

Moments = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class ConventionScore:
    """Comparison of the activations under one convention with the statistics in the batch norms.

    ``agreement``, 0..1: overlap of the two normal distributions (Bhattacharyya coefficient: 1 equal, 0 no overlap),
    mean over channels and batch norms. ``spread``: SD of the activations divided by the stored SD, geometric mean.
    ``shrink``: the factor of shrinking with the best fit.
    """

    name: str
    agreement: float
    spread: float
    shrink: int


@dataclass(frozen=True)
class ConventionScores:
    """The scores, best first, on ``num_images`` images with mean grey ``brightness``, 0..1.

    ``declared`` is the expected convention of the file.
    """

    scores: tuple[ConventionScore, ...]
    num_images: int
    image_size: int | str
    brightness: float
    declared: str | None

    @property
    def best(self) -> str:
        """Return the convention with the highest agreement."""
        return self.scores[0].name

    @property
    def close(self) -> tuple[str, ...]:
        """Return the conventions that cannot be distinguished from the best one."""
        return tuple(row.name for row in self.scores[1:] if self.scores[0].agreement - row.agreement < CLOSE)

    @property
    def agrees(self) -> bool | None:
        """Return whether the declared convention is the best or as good; None if none is declared."""
        return None if self.declared is None else self.declared in (self.best, *self.close)

    def as_dict(self) -> dict[str, Any]:
        """Return the scores as JSON values."""
        return {**asdict(self), "best": self.best, "close": self.close, "agrees": self.agrees}


def score_conventions(base: keras.Model, grey: NDArray[np.float32], declared: str | None = None) -> ConventionScores:
    """Score every convention for ``base`` with its loaded weights, on images (N, H, W, 1), float32, grey 0..1.

    A convention that images cannot tell apart from another one has the score of that one.

    Raises:
        ExperimentError: the network has no batch norm.
        WeightsError: its batch norms still have their initial statistics.
    """
    norms = _first_norms(base)
    network = keras.Model(base.input, [norm.input for norm in norms])
    views = {factor: shrunk(grey, factor) for factor in SHRINKS}
    scores = [_best(row, network, norms, views) for row in DISTINCT]
    ranked = tuple(sorted(scores, key=lambda score: -score.agreement))
    scored = declared and (convention(declared).near or declared)
    size = size_of(grey.shape[1:3])
    return ConventionScores(ranked, len(grey), size, float(grey.mean()), scored)


def shrunk(grey: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Return images (N, H, W, 1): mosaics of images that are averaged over ``factor`` x ``factor`` pixels.

    A mosaic keeps the network's input size. If there are too few images for a mosaic, they are repeated.
    """
    height, width = (side // factor for side in grey.shape[1:3])
    inner = grey[:, : height * factor, : width * factor]
    small = inner.reshape(-1, height, factor, width, factor).mean((2, 4))
    number = -(-len(small) // factor**2)
    tiles = small[np.arange(number * factor**2) % len(small)].reshape(number, factor, factor, height, width)
    mosaics = tiles.transpose(0, 1, 3, 2, 4).reshape(number, factor * height, factor * width, 1)
    missing = [(0, whole - made) for whole, made in zip(grey.shape, mosaics.shape, strict=True)]
    return np.pad(mosaics, [(0, 0), *missing[1:3], (0, 0)], mode="edge")


def _best(
    pixels: PixelConvention,
    network: keras.Model,
    norms: list[keras.layers.BatchNormalization],
    views: dict[int, NDArray[np.float32]],
) -> ConventionScore:
    scores = [_score(pixels.name, factor, norms, _moments(network, grey, pixels)) for factor, grey in views.items()]
    return max(scores, key=lambda score: score.agreement)


def _first_norms(base: keras.Model) -> list[keras.layers.BatchNormalization]:
    norms = [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)][:NUM_NORMS]
    if not norms:
        raise ExperimentError(
            f"{base.name} has no batch norm, so conventions cannot be scored: compare them in an experiment."
        )
    if all(np.allclose(mean, 0) and np.allclose(variance, 1) for mean, variance in map(_stored, norms)):
        raise WeightsError(
            "The batch norms still have their initial statistics, so the network was never trained and conventions "
            "cannot be scored: verify the file without images."
        )
    return norms


def _stored(norm: keras.layers.BatchNormalization) -> Moments:
    mean, variance = (keras.ops.convert_to_numpy(value) for value in (norm.moving_mean, norm.moving_variance))
    return mean.astype(np.float64), variance.astype(np.float64)


def _moments(network: keras.Model, grey: NDArray[np.float32], pixels: PixelConvention) -> list[Moments]:
    """Return the mean and variance (C,), over images and positions, of the input of each batch norm."""
    parts = list(_batch_moments(network, grey, pixels))
    counts = [len(grey[start : start + _BATCH]) for start in range(0, len(grey), _BATCH)]
    return [_pooled([part[place] for part in parts], counts) for place in range(len(parts[0]))]


def _batch_moments(network: keras.Model, grey: NDArray[np.float32], pixels: PixelConvention) -> Iterator[list[Moments]]:
    for start in range(0, len(grey), _BATCH):
        outputs = keras.tree.flatten(network(to_network(grey[start : start + _BATCH], pixels), training=False))
        pairs = [keras.ops.moments(output, axes=tuple(range(output.ndim - 1))) for output in outputs]
        yield [tuple(keras.ops.convert_to_numpy(value).astype(np.float64) for value in pair) for pair in pairs]


def _pooled(parts: list[Moments], counts: list[int]) -> Moments:
    """Return the pooled moments of all batches."""
    means, variances = (np.stack(values) for values in zip(*parts, strict=True))
    mean = np.average(means, axis=0, weights=counts)
    return mean, np.average(variances + (means - mean) ** 2, axis=0, weights=counts)


def _score(
    name: str, shrink: int, norms: list[keras.layers.BatchNormalization], moments: list[Moments]
) -> ConventionScore:
    overlaps, ratios = [], []
    for norm, (mean, variance) in zip(norms, moments, strict=True):
        stored_mean, stored_variance = _stored(norm)
        here, then = variance + norm.epsilon, stored_variance + norm.epsilon
        overlaps.append(overlap(mean, here, stored_mean, then).mean())
        ratios.append(np.log(here / then).mean() / 2)
    return ConventionScore(name, float(np.mean(overlaps)), float(np.exp(np.mean(ratios))), shrink)


def overlap(
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    other_mean: NDArray[np.float64],
    other_variance: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the Bhattacharyya coefficient of pairs of normal distributions, 0..1 (Kailath 1967, IEEE T-COM 15:52)."""
    with np.errstate(invalid="ignore"):  # values that overflow have no overlap
        total = variance + other_variance
        scale = np.sqrt(2 * np.sqrt(variance) * np.sqrt(other_variance) / total)
        return np.nan_to_num(scale * np.exp(-((mean - other_mean) ** 2) / (4 * total)))
