"""How alike two representations of the same images are: linear CKA, and the layers of a backbone to look at."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

FEATURES = "features"
MIN_IMAGES = 4  # below it the debiased estimate does not exist
_NO_SPREAD = 1e-12  # of a squared norm, relative to that of the uncentered activations: rounding of constant features


@dataclass(frozen=True)
class Stage:
    """A layer through which everything passes; ``depth`` is 0 at the image and 1 at the pooled features."""

    layer: str
    depth: float
    output: Any


def linear_cka(x: ArrayLike, y: ArrayLike, debiased: bool = True) -> float:
    """Return the linear centered kernel alignment of two representations (N, C) and (N, D) of the same N images.

    1: equal up to rotation, reflection, shift and one scale; 0: unrelated (Kornblith et al., ICML 2019). With few
    images and many features the plain estimate is near 1 for unrelated ones, too; the debiased one (Nguyen et al., ICLR
    2021, by the unbiased HSIC of Song et al., JMLR 2012) is near 0 there, and may fall below it.
    ``nan`` where one of the two is the same for all images.

    Raises:
        ValueError: the numbers of images differ, or are too few.
    """
    first, second = _centered(x), _centered(y)
    if len(first) != len(second) or len(first) < MIN_IMAGES:
        raise ValueError(f"{len(first)} and {len(second)} images: expected the same number, at least {MIN_IMAGES}")
    measure = _unbiased_hsic if debiased else _hsic
    grams = first @ first.T, second @ second.T  # (N, N)
    own = measure(grams[0], grams[0]) * measure(grams[1], grams[1])
    return measure(*grams) / math.sqrt(own) if own > 0 else math.nan


def stages(base: keras.Model) -> list[Stage]:
    """Return some layers spread over the depth of a backbone, the pooled features last.

    Of each resolution that layers with weights work at, the last layer that every path from the image to the features
    goes through; of the lowest resolution the features themselves, which are its average.
    """
    last = len(base.layers) - 1
    bottlenecks = [place for place in range(1, last) if _all_pass(base, place)]
    at_size = {_size(base.layers[place]): place for place in bottlenecks}  # the last of each resolution
    sizes = [size for size in _sizes_with_weights(base) if size in at_size]
    places = sorted(at_size[size] for size in sizes[:-1])
    inside = [Stage(_name(base.layers[at], at), at / last, base.layers[at].output) for at in places]
    return [*inside, Stage(FEATURES, 1.0, base.output)]


def stage_model(base: keras.Model) -> keras.Model:
    """Return a model that shares the weights of ``base``: for images (B, S, S, 3) a list of (B, C), one per stage."""
    outputs = [stage.output for stage in stages(base)]
    pooled = [keras.layers.GlobalAveragePooling2D(dtype="float32")(tensor) for tensor in outputs[:-1]]
    return keras.Model(base.input, [*pooled, outputs[-1]])


def _centered(values: ArrayLike) -> NDArray[np.float64]:
    """Return activations (N, C) around their mean over images, zeros where they do not vary."""
    array = np.asarray(values, dtype=np.float64)
    centered = array - array.mean(axis=0)
    return centered if np.square(centered).sum() > _NO_SPREAD * np.square(array).sum() else np.zeros_like(array)


def _hsic(k: NDArray[np.float64], ell: NDArray[np.float64]) -> float:
    """Return the plain estimate of HSIC, up to a factor that CKA does not see, from centered Gram matrices (N, N)."""
    return float((k * ell).sum())


def _unbiased_hsic(k: NDArray[np.float64], ell: NDArray[np.float64]) -> float:
    """Return the unbiased estimate of HSIC, up to the same factor, from Gram matrices (N, N)."""
    n = len(k)
    k, ell = (gram - np.diag(np.diag(gram)) for gram in (k, ell))
    means = k.sum() * ell.sum() / ((n - 1) * (n - 2))
    return float((k * ell).sum() + means - 2 / (n - 2) * k.sum(axis=0) @ ell.sum(axis=0))


def _all_pass(base: keras.Model, place: int) -> bool:
    """Tell whether every path from image to features goes through the layer at ``place``: no tensor skips it.

    ``base.layers`` is in topological order, so a tensor from below it that is used above it is a path around it.
    """
    made = {id(tensor) for layer in base.layers[:place] for tensor in keras.tree.flatten(layer.output)}
    used = (id(tensor) for layer in base.layers[place + 1 :] for tensor in keras.tree.flatten(layer.input))
    return made.isdisjoint(used)


def _name(layer: keras.Layer, place: int) -> str:
    """Return the layer's name; one that Keras numbered by what was built before is numbered by its place instead."""
    stem = re.sub(r"_\d+$", "", layer.name)
    is_automatic = stem.replace("_", "") == type(layer).__name__.lower()
    return f"{stem} {place}" if is_automatic else layer.name


def _sizes_with_weights(base: keras.Model) -> list[tuple[int, ...]]:
    """Return the resolutions at which layers with weights put out, in the order of their first; padding makes none."""
    return list(dict.fromkeys(_size(layer) for layer in base.layers if layer.weights))


def _size(layer: keras.Layer) -> tuple[int, ...]:
    return tuple(layer.output.shape[1:-1])
