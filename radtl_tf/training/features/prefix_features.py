"""Prefix outputs: compute the layers below the tuning boundary once.

A view is one rendering of all images: ``None`` without augmentation, a number with augmentation. Layers below the
boundary are frozen, so the output for (backbone, weights, pixel convention, image, view) is the same for every learning
rate, fold and repeat, and in every experiment on the same images.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.data.preprocessing.augmentation import augment
from radtl_tf.errors import WeightsError
from radtl_tf.models.cka import pooled_stages, stages
from radtl_tf.models.folding import Folded
from radtl_tf.models.pixels import PixelConvention, to_network
from radtl_tf.models.tuning import split
from radtl_tf.training.features.array_cache import ArrayCache, Arrays, Entry
from radtl_tf.training.trial_step import SMALLER_IMAGES, one_line_when_full

Weights = Sequence[NDArray[np.float32]]  # all of a network, in the order of its ``weights``

PREFIX_BATCH = (
    32  # one fixed shape for every pass, since it affects the last digits (docs/decisions/0003-prefix-suffix.md)
)
POOLED = "frozen"  # the tuning that is cut after pooling
STAGES = "stages"  # kept like the cut of a tuning: the average over the image of each stage before the features


class PrefixPass:
    """One compiled pass over images through the prefixes of one backbone for several tunings.

    Batch norms are folded into the layers before them (docs/decisions/0027-folded-prefix.md).
    """

    def __init__(self, base: keras.Model, tunings: Sequence[str]) -> None:
        """Copy the weights of ``base`` in the first pass, unless ``load`` has given others.

        ``notes`` name the layers and depths of ``STAGES``, for those who read the cache.
        """
        outputs = {tuning: split(base, tuning).prefix.outputs for tuning in tunings if tuning != STAGES}
        self.notes: dict[str, dict[str, Any]] = {}
        if STAGES in tunings:
            places = stages(base)
            outputs[STAGES] = pooled_stages(places[:-1])
            self.notes[STAGES] = {"stages": [[place.layer, place.depth] for place in places]}
        self.shapes = {tuning: [tuple(tensor.shape[1:]) for tensor in tensors] for tuning, tensors in outputs.items()}
        self._folded = Folded(keras.Model(base.inputs, outputs))
        self._places = {id(weight): place for place, weight in enumerate(base.weights)}
        self.user: object = None  # whoever has loaded the weights, so that another one loads its own
        model = self._folded.model
        signature = tf.TensorSpec((PREFIX_BATCH, *base.input_shape[1:]), tf.float32)
        self._forward = tf.function(
            lambda images: _as_float32(model(images, training=False)), input_signature=(signature,), autograph=False
        )

    def load(self, user: object, values: Weights | None = None) -> None:
        """Copy the weights that ``base`` has now, or ``values`` in the order of ``base.weights``, for ``user``.

        New weights need no new trace. ``base`` does not change.
        """
        if values is None:
            self._folded.refresh()
        else:
            self._folded.refresh(lambda weight: values[self._places[id(weight)]])
        self.user = user

    def __call__(self, images: tf.Tensor) -> dict[str, Arrays]:
        """Return the cut tensors of each tuning for up to ``PREFIX_BATCH`` images in the network's convention."""
        if self.user is None:
            self.load(self)
        missing = PREFIX_BATCH - len(images)
        padded = tf.pad(images, [[0, missing], [0, 0], [0, 0], [0, 0]])
        cuts = self._forward(padded)
        return {tuning: [cut.numpy()[: len(images)] for cut in tensors] for tuning, tensors in cuts.items()}


class FeatureStore:
    """Cut tensors of every example and view for one backbone with one set of weights in one pixel convention."""

    def __init__(
        self,
        passes: Mapping[str, PrefixPass],
        pixels: NDArray[np.float32],
        *,
        convention: PixelConvention,
        augmentation: str,
        seed: int,
        cache: ArrayCache,
        key: Mapping[str, Any],
        kept: Mapping[str, int],
        name: str,
        begin: Callable[[], Weights | None] = lambda: None,
    ) -> None:
        """Return features of ``pixels`` (N, H, W, 1) in 0..1 from ``passes``, one per tuning.

        ``kept`` is the number of renderings per tuning in ``cache``, starting with the one without augmentation; others
        are computed each time. ``key`` has everything else that determines the numbers: weights, size, precision, data.
        ``name`` is the name of the backbone with its weights in errors. ``begin`` returns the weights of the
        backbone, or ``None`` if it has them. It is called before the first batch, so that no weights are read if
        everything is in the cache.
        """
        self._passes, self._pixels, self._convention = passes, pixels, convention
        self._augmentation, self._seed, self._kept = augmentation, seed, kept
        self._cache, self._key = cache, {**key, "pixels": convention.name}
        self._name, self._begin = name, begin
        self._open: dict[tuple[str, int | None], Arrays] = {}
        self.seconds = 0.0  # spent on passes over all images

    def rows(self, tuning: str, positions: NDArray[np.int64], view: int | None) -> Arrays:
        """Return the cut tensors of the examples at ``positions``, in that order.

        Raises:
            WeightsError: features to be cached are not finite.
            OutputError: the cache cannot be written.
        """
        if self._is_kept(tuning, view):
            return [array[positions] for array in self._resident(tuning, view)]
        return self.computed(tuning, positions, view)

    def computed(self, tuning: str, positions: NDArray[np.int64], view: int | None) -> Arrays:
        """Return the same as ``rows``, but always compute it."""
        batches = (
            self._computed(self._passes[tuning], chunk, view)[tuning] for chunk in chunks(positions, PREFIX_BATCH)
        )
        return [np.concatenate(arrays) for arrays in zip(*batches, strict=True)]

    def found(self, cut: str) -> Arrays | None:
        """Return the arrays (N, ...) of all images without augmentation if the cache has them; nothing is computed."""
        return self._cache.read(self.key_of(cut))

    def key_of(self, cut: str) -> dict[str, Any]:
        """Return the key in the cache of the arrays of all images without augmentation."""
        return self._cut_key(cut, None)

    def missing(self, num_views: int) -> int:
        """Return how many of the renderings (one without augmentation, ``num_views`` with) are not computed."""
        views = [None, *range(num_views)]
        kept = {view: [name for name in self._kept if self._is_kept(name, view) and name != STAGES] for view in views}
        return sum(not self._find(names, view) for view, names in kept.items() if names)

    def _is_kept(self, tuning: str, view: int | None) -> bool:
        return (0 if view is None else view + 1) < self._kept.get(tuning, 0)

    def _resident(self, tuning: str, view: int | None) -> Arrays:
        """Return the memory-mapped cut tensors of one view, computed now if the cache lacks them."""
        if (tuning, view) not in self._open:
            names = [name for name in self._kept if self._is_kept(name, view)]
            if not self._find([name for name in names if name != STAGES], view):  # stages alone are worth no pass
                with self._cache.computing(self._view_key(view)):
                    self._compute([name for name in names if not self._find([name], view)], view)
        return self._open[tuning, view]

    def _find(self, tunings: Sequence[str], view: int | None) -> bool:
        """Open the cached tensors; return whether the cache has all ``tunings``."""
        found = {name: self._cache.find(self._entry(name, view)) for name in tunings}
        self._open |= {(name, view): arrays for name, arrays in found.items() if arrays is not None}
        return None not in found.values()

    def _compute(self, tunings: Sequence[str], view: int | None) -> None:
        """Compute the tensors of ``tunings`` in one pass over all images."""
        if not tunings:
            return
        start, every = time.monotonic(), self._passes[tunings[0]]
        passed = (self._computed(every, chunk, view) for chunk in chunks(np.arange(len(self._pixels)), PREFIX_BATCH))
        rows = (self._finite([cuts[name] for name in tunings]) for cuts in passed)
        filled = self._cache.fill([self._entry(name, view) for name in tunings], rows)
        self._open |= {(name, view): arrays for name, arrays in zip(tunings, filled, strict=True)}
        self.seconds += time.monotonic() - start

    def _finite(self, cuts: list[Arrays]) -> list[Arrays]:
        """Return the rows of each tuning; refuse NaN and infinity, so that they do not get into the cache."""
        if not all(np.isfinite(array).all() for arrays in cuts for array in arrays):
            raise WeightsError(
                f"{self._name} has features that are not finite for these images. The weights are damaged, or their "
                "training diverged: use other weights."
            )
        return cuts

    def _view_key(self, view: int | None) -> dict[str, Any]:
        rendering = None if view is None else [self._augmentation, self._seed, view]
        return {**self._key, "rendering": rendering}

    def _entry(self, tuning: str, view: int | None) -> Entry:
        shapes = [(len(self._pixels), *shape) for shape in self._passes[tuning].shapes[tuning]]
        return Entry(self._cut_key(tuning, view), shapes, self._passes[tuning].notes.get(tuning, {}))

    def _cut_key(self, cut: str, view: int | None) -> dict[str, Any]:
        return {**self._view_key(view), "cut": cut}

    def _computed(self, prefix: PrefixPass, positions: NDArray[np.int64], view: int | None) -> dict[str, Arrays]:
        """Augment and convert up to ``PREFIX_BATCH`` images and return their cut tensors."""
        if prefix.user is not self:
            prefix.load(self, self._begin())
        grey = tf.constant(np.asarray(self._pixels[positions]))
        if view is not None:
            grey = augment(grey, self._augmentation, self._seed, view, tf.constant(positions))
        with one_line_when_full(SMALLER_IMAGES):
            return prefix(to_network(grey, self._convention))


def chunks(positions: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Yield ``positions`` in consecutive pieces of at most ``size``."""
    for start in range(0, len(positions), size):
        yield positions[start : start + size]


def cut_bytes(shapes: Sequence[tuple[int, ...]], num_examples: int) -> int:
    """Return the bytes of the cut tensors of all examples in one rendering, as float32."""
    return sum(4 * int(np.prod(shape)) for shape in shapes) * num_examples


def choose_kept(sizes: Mapping[str, int], renderings: int, limit: float) -> dict[str, int]:
    """Return how many of ``renderings`` (first without augmentation, then views) each tuning keeps in ``limit`` bytes.

    ``sizes`` are the bytes of one rendering. Pooled features come first, and one rendering of them is always kept; then
    the smallest cut.
    """
    kept, left = {}, limit
    for tuning, size in sorted(sizes.items(), key=lambda item: (item[0] != POOLED, item[1])):
        fitting = min(renderings, int(left // size))
        kept[tuning] = max(fitting, 1) if tuning == POOLED else fitting
        left = max(left - kept[tuning] * size, 0)
    return kept


def _as_float32(cuts: dict[str, list[tf.Tensor]]) -> dict[str, list[tf.Tensor]]:
    return {tuning: [tf.cast(cut, tf.float32) for cut in tensors] for tuning, tensors in cuts.items()}
