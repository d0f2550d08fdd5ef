"""Batches of a ``Dataset`` for TensorFlow: ``Dataset.to_tf``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.data.preprocessing.augmentation import augment
from radtl_tf.errors import ExperimentError
from radtl_tf.library.data.stored_images import ImageRows
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.records.experiment import Training
from radtl_tf.records.image_size import sides
from radtl_tf.records.reader import record_from
from radtl_tf.training.features.prefix_features import chunks

GREY = "grey"


@dataclass(frozen=True)
class Settings:
    """The arguments of ``Dataset.to_tf``."""

    size: int | str
    batch_size: int
    pixels: str
    resize: str
    shuffle: bool
    seed: int
    augmentation: str

    def check(self) -> None:
        """Refuse values that are unknown or out of range.

        Raises:
            ExperimentError: names the first such value.
        """
        values = {"image_size": self.size, "resize": self.resize, "augmentation": self.augmentation}
        record_from({**values, "batch_size": self.batch_size}, Training)
        if self.batch_size == "auto":
            raise ExperimentError("batch_size = 'auto' is only valid for experiments: give a number.")
        try:
            _ = self.pixels == GREY or convention(self.pixels)
        except ExperimentError as error:
            raise ExperimentError(f"{error} Or use {GREY} for grey of 0 to 1.") from None


def stream(images: ImageRows, y: NDArray[Any], settings: Settings) -> tf.data.Dataset:
    """Return the images with their labels ``y``, batched; each pass has its own order and augmentation.

    Labels that are floats become float32.

    Raises:
        DataError, ExperimentError, OutputError: as ``Dataset.to_tf`` says.
    """
    settings.check()
    truth = y.astype(np.float32) if y.dtype.kind == "f" else y
    grey, rows, number = images.grey(settings.size, settings.resize), images.rows, len(images)

    def load(positions: tf.Tensor, epoch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        batch = tf.numpy_function(lambda at: np.asarray(grey[at]), [positions], tf.float32, stateful=False)
        batch.set_shape((None, *sides(settings.size), 1))
        batch = augment(batch, settings.augmentation, settings.seed, epoch, tf.gather(rows, positions))
        if settings.pixels != GREY:
            batch = to_network(batch, convention(settings.pixels))
        return batch, tf.gather(truth, positions)

    signature = (tf.TensorSpec((None,), tf.int64), tf.TensorSpec((), tf.int64))
    batches = tf.data.Dataset.from_generator(_Passes(number, settings), output_signature=signature)
    loaded = batches.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    num_batches = -(-number // settings.batch_size)
    return loaded.apply(tf.data.experimental.assert_cardinality(num_batches)).prefetch(tf.data.AUTOTUNE)


class _Passes:
    """Yield the positions of each batch and the number of the pass; called once per pass over the data."""

    def __init__(self, number: int, settings: Settings) -> None:
        self._number, self._settings, self._epochs = number, settings, itertools.count()

    def __call__(self) -> Iterator[tuple[NDArray[np.int64], int]]:
        epoch, order = next(self._epochs), np.arange(self._number)
        if self._settings.shuffle:
            order = np.random.default_rng((self._settings.seed, epoch)).permutation(order)
        for positions in chunks(order, self._settings.batch_size):
            yield positions, epoch
