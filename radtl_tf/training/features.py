"""The cache of prefix outputs: what lies below the tuning boundary is computed once.

A view is one rendering of all images: ``None`` the plain one, a number an augmented one. Below the boundary nothing
learns, so the output for (backbone, weights, pixel convention, image, view) is the same in every learning rate, fold
and repeat.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.data.pipeline import augment
from radtl_tf.errors import OutputError
from radtl_tf.models.pixels import PixelConvention, to_network
from radtl_tf.models.tuning import split
from radtl_tf.training.trainer import Arrays

PREFIX_BATCH = (
    32  # one fixed shape for every pass: batch shape moves the low bits (docs/decisions/0003-prefix-suffix.md)
)
POOLED = "frozen"  # the tuning whose cut lies after pooling


class PrefixPass:
    """The prefixes of one backbone for several tunings as one compiled pass over the images."""

    def __init__(self, base: keras.Model, tunings: Sequence[str]) -> None:
        """Share the weights of ``base``: other weights assigned to it change what is computed, without a new trace."""
        outputs = {tuning: split(base, tuning).prefix.outputs for tuning in tunings}
        self.shapes = {tuning: [tuple(tensor.shape[1:]) for tensor in tensors] for tuning, tensors in outputs.items()}
        model = keras.Model(base.inputs, outputs)
        signature = tf.TensorSpec((PREFIX_BATCH, *base.input_shape[1:]), tf.float32)
        self._forward = tf.function(
            lambda images: _as_float32(model(images, training=False)), input_signature=(signature,)
        )

    def __call__(self, images: tf.Tensor) -> dict[str, Arrays]:
        """Return the cut tensors of each tuning for up to ``PREFIX_BATCH`` images in the network's convention."""
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
        folder: Path,
        key: Mapping[str, Any],
        cached: Sequence[str],
    ) -> None:
        """Serve ``pixels`` (N, S, S, 1) in 0..1 through ``passes`` by tuning; those in ``cached`` live in ``folder``.

        ``key`` is everything else that determines the numbers: weights, size, resize policy, precision, data.
        """
        self._passes, self._pixels, self._convention = passes, pixels, convention
        self._augmentation, self._seed, self._cached = augmentation, seed, tuple(cached)
        whole_key = {**key, "pixels": convention.name, "augmentation": augmentation, "seed": seed}
        digest = hashlib.blake2b(json.dumps(whole_key, sort_keys=True).encode(), digest_size=12)
        self._folder = folder / digest.hexdigest()
        self._open: dict[tuple[str, int | None], Arrays] = {}

    def rows(self, tuning: str, positions: NDArray[np.int64], view: int | None) -> Arrays:
        """Return the cut tensors of the examples at ``positions``, in that order."""
        if tuning in self._cached:
            return [array[positions] for array in self._resident(tuning, view)]
        batches = (
            self._computed(self._passes[tuning], chunk, view)[tuning] for chunk in chunks(positions, PREFIX_BATCH)
        )
        return [np.concatenate(arrays) for arrays in zip(*batches, strict=True)]

    def _resident(self, tuning: str, view: int | None) -> Arrays:
        """Return the memory-mapped cut tensors of one view, computing them on first use."""
        if (tuning, view) not in self._open:
            missing = [name for name in self._cached if not self._place(name, view).is_dir()]
            if missing:
                self._compute(missing, view)
            files = sorted(self._place(tuning, view).glob("*.npy"))
            self._open[tuning, view] = [np.load(file, mmap_mode="r") for file in files]
        return self._open[tuning, view]

    def _place(self, tuning: str, view: int | None) -> Path:
        return self._folder / tuning / ("plain" if view is None else f"view-{view:04d}")

    def _compute(self, tunings: Sequence[str], view: int | None) -> None:
        """Pass once over all images and write the cut tensors of ``tunings`` whole or not at all."""
        every = self._passes[tunings[0]]
        temporary = {tuning: _temporary(self._place(tuning, view)) for tuning in tunings}
        try:
            files = {tuning: self._create(temporary[tuning], every.shapes[tuning]) for tuning in tunings}
            for chunk in chunks(np.arange(len(self._pixels)), PREFIX_BATCH):
                cuts = self._computed(every, chunk, view)
                for tuning, arrays in files.items():
                    for array, cut in zip(arrays, cuts[tuning], strict=True):
                        array[chunk[0] : chunk[-1] + 1] = cut
            del files
            for tuning in tunings:
                os.replace(temporary[tuning], self._place(tuning, view))
        except OSError as error:
            raise OutputError(f"{self._folder}: the features cannot be written ({error.strerror or error}).") from error
        finally:
            for folder in temporary.values():
                shutil.rmtree(folder, ignore_errors=True)

    def _create(self, folder: Path, shapes: Sequence[tuple[int, ...]]) -> Arrays:
        folder.mkdir(parents=True)
        sizes = [(len(self._pixels), *shape) for shape in shapes]
        return [
            np.lib.format.open_memmap(folder / f"{number:02d}.npy", mode="w+", dtype=np.float32, shape=size)
            for number, size in enumerate(sizes)
        ]

    def _computed(self, prefix: PrefixPass, positions: NDArray[np.int64], view: int | None) -> dict[str, Arrays]:
        """Augment, convert and pass up to ``PREFIX_BATCH`` images."""
        grey = tf.constant(np.asarray(self._pixels[positions]))
        if view is not None:
            grey = augment(grey, self._augmentation, self._seed, view, tf.constant(positions))
        return prefix(to_network(grey, self._convention))


def chunks(positions: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Yield ``positions`` in consecutive pieces of at most ``size``."""
    for start in range(0, len(positions), size):
        yield positions[start : start + size]


def cut_bytes(shapes: Sequence[tuple[int, ...]], num_examples: int, num_views: int) -> int:
    """Return what the cut tensors of all examples and views (the plain one included) take as float32, in bytes."""
    return sum(4 * int(np.prod(shape)) for shape in shapes) * num_examples * (1 + num_views)


def choose_cached(sizes: Mapping[str, int], limit: float) -> list[str]:
    """Return the tunings to cache within ``limit`` bytes, smallest first; the pooled features always."""
    cached, total = [], 0
    for tuning, size in sorted(sizes.items(), key=lambda item: (item[0] != POOLED, item[1])):
        total += size
        if tuning == POOLED or total <= limit:
            cached.append(tuning)
    return cached


def _as_float32(cuts: dict[str, list[tf.Tensor]]) -> dict[str, list[tf.Tensor]]:
    return {tuning: [tf.cast(cut, tf.float32) for cut in tensors] for tuning, tensors in cuts.items()}


def _temporary(place: Path) -> Path:
    return place.with_name(f".{place.name}.{os.getpid()}.part")
