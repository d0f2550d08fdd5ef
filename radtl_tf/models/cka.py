"""Measure the similarity of two representations of the same images: linear CKA, and the layers to compare."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from radtl_tf.models.plain_graph import global_average
from radtl_tf.models.vit import block_ends

FEATURES = "features"
MIN_IMAGES = 4  # with fewer images the debiased estimate is undefined
_NO_SPREAD = 1e-12  # of the squared norm before centering; less is a rounding error of constant features


@dataclass(frozen=True)
class Stage:
    """A layer that every path passes through; ``depth`` is 0 at the image and 1 at the pooled features."""

    layer: str
    depth: float
    output: Any = None

    @property
    def without_output(self) -> Stage:
        """Return the same without the tensor, which keeps the whole network in memory."""
        return Stage(self.layer, self.depth)


def linear_cka(x: ArrayLike, y: ArrayLike, debiased: bool = True) -> float:
    """Return the linear centered kernel alignment of two representations (N, C) and (N, D) of the same N images.

    1: equal up to rotation, reflection, shift and one scale; 0: unrelated (Kornblith et al., ICML 2019). With few
    images and many features, the plain estimate is near 1 even for unrelated representations. The debiased estimate
    (Nguyen et al., ICLR 2021, with the unbiased HSIC of Song et al., JMLR 2012) is then near 0 and can be negative.
    The result is ``nan`` if one of the two is the same for all images.

    Raises:
        ValueError: the numbers of images differ or are too small.
    """
    first, second = _centered(x), _centered(y)
    if len(first) != len(second) or len(first) < MIN_IMAGES:
        raise ValueError(f"{len(first)} and {len(second)} images: expected the same number, at least {MIN_IMAGES}")
    measure = _unbiased_hsic if debiased else _hsic
    grams = first @ first.T, second @ second.T  # (N, N)
    own = measure(grams[0], grams[0]) * measure(grams[1], grams[1])
    return measure(*grams) / math.sqrt(own) if own > 0 else math.nan


def stages(base: keras.Model) -> list[Stage]:
    """Return layers at several depths of a backbone, the pooled features last.

    For each resolution of layers with weights, this is the last layer that every path from the image to the features
    passes through; for the lowest resolution it is the pooled features, which are its average. A vision transformer has
    one resolution; its stages are the ends of its blocks.
    """
    last = len(base.layers) - 1
    places = block_ends(base.layers) or _ends_of_resolutions(base)
    inside = [Stage(_name(base.layers[at], at), at / last, base.layers[at].output) for at in places]
    return [*inside, Stage(FEATURES, 1.0, base.output)]


def _ends_of_resolutions(base: keras.Model) -> list[int]:
    """Return the positions of the stages inside of a convolutional network."""
    pooled = global_average(base.layers)
    end = len(base.layers) - 1 if pooled is None else pooled
    bottlenecks = [place for place in range(1, end) if _all_pass(base, place)]
    at_size = {_size(base.layers[place]): place for place in bottlenecks}  # the last layer of each resolution
    return sorted(at_size[size] for size in _sizes_with_weights(base) if size in at_size)[:-1]


def stage_model(base: keras.Model) -> keras.Model:
    """Return a model with the weights of ``base`` that maps images (B, H, W, 3) to a list of (B, C), one per stage."""
    return keras.Model(base.input, [*pooled_stages(stages(base)[:-1]), base.output])


def pooled_stages(inside: Sequence[Stage]) -> list[Any]:
    """Return the averages (B, C) over the image of stages inside of a backbone, float32, as tensors of its graph.

    In a vision transformer they are averages over all tokens, the class token included.
    """
    pools = {3: keras.layers.GlobalAveragePooling1D, 4: keras.layers.GlobalAveragePooling2D}
    return [pools[len(stage.output.shape)](dtype="float32")(stage.output) for stage in inside]


def _centered(values: ArrayLike) -> NDArray[np.float64]:
    """Return activations (N, C) minus their mean over images; constant activations are zero."""
    array = np.asarray(values, dtype=np.float64)
    centered = array - array.mean(axis=0)
    return centered if np.square(centered).sum() > _NO_SPREAD * np.square(array).sum() else np.zeros_like(array)


def _hsic(k: NDArray[np.float64], ell: NDArray[np.float64]) -> float:
    """Return the plain estimate of HSIC, up to a factor that cancels in CKA, from centered Gram matrices (N, N)."""
    return float((k * ell).sum())


def _unbiased_hsic(k: NDArray[np.float64], ell: NDArray[np.float64]) -> float:
    """Return the unbiased estimate of HSIC, up to the same factor, from Gram matrices (N, N)."""
    n = len(k)
    k, ell = (gram - np.diag(np.diag(gram)) for gram in (k, ell))
    means = k.sum() * ell.sum() / ((n - 1) * (n - 2))
    return float((k * ell).sum() + means - 2 / (n - 2) * k.sum(axis=0) @ ell.sum(axis=0))


def _all_pass(base: keras.Model, place: int) -> bool:
    """Return whether every path from image to features passes through the layer at ``place``.

    ``base.layers`` is in topological order, so a tensor from below the layer that is used above it bypasses the layer.
    """
    made = {id(tensor) for layer in base.layers[:place] for tensor in keras.tree.flatten(layer.output)}
    used = (id(tensor) for layer in base.layers[place + 1 :] for tensor in keras.tree.flatten(layer.input))
    return made.isdisjoint(used)


def _name(layer: keras.Layer, place: int) -> str:
    """Return the layer's name; if Keras numbered it automatically, the number is replaced by its position."""
    stem = re.sub(r"_\d+$", "", layer.name)
    is_automatic = stem.replace("_", "") == type(layer).__name__.lower()
    return f"{stem} {place}" if is_automatic else layer.name


def _sizes_with_weights(base: keras.Model) -> list[tuple[int, ...]]:
    """Return the output resolutions of layers with weights, in order of first use; padding adds no resolution."""
    return list(dict.fromkeys(_size(layer) for layer in base.layers if layer.weights))


def _size(layer: keras.Layer) -> tuple[int, ...]:
    return tuple(layer.output.shape[1:-1])
