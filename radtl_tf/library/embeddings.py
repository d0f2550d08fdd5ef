"""The pooled features of a backbone for a ``Dataset``: ``radtl_tf.embeddings``."""

from __future__ import annotations

import os
import time
from functools import cached_property

import keras
import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import DataError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.networks import found_weights
from radtl_tf.models.backbones import build_base, check_image_size
from radtl_tf.models.pixels import check_first_batch, convention, to_network
from radtl_tf.models.weights.sources import WeightsRecord, initialize
from radtl_tf.places import cache_folder
from radtl_tf.records.experiment import Training
from radtl_tf.records.reader import record_from
from radtl_tf.training.device import Device, borrowed
from radtl_tf.training.features.array_cache import cache_in
from radtl_tf.training.features.feature_key import feature_key, images_hash
from radtl_tf.training.features.prefix_features import POOLED, PREFIX_BATCH, FeatureStore, PrefixPass
from radtl_tf.training.randomness import backbone_seed


def pooled_features(
    data: Dataset,
    backbone: str,
    weights: str | os.PathLike[str] | None,
    pixels: str | None,
    size: int | str,
    resize: str,
    seed: int,
) -> NDArray[np.float32]:
    """Return the features (N, C) that a frozen run of an experiment computes for these images, from the same cache.

    Raises:
        DataError: ``data`` is not a Dataset, or an image is missing or cannot be decoded.
        ExperimentError: an argument is unknown or out of range.
        WeightsError: the weights are missing or not what they claim to be.
        OutputError: the cache cannot be written.
    """
    if not isinstance(data, Dataset):
        raise DataError(f"embeddings takes a radtl_tf.Dataset, not {type(data).__name__}.")
    training = record_from({"image_size": size, "resize": resize}, Training)
    check_image_size(backbone, size)
    record = found_weights(backbone, weights, pixels)
    with borrowed(training) as device:
        return PooledFeatures(data, training, device, seed).of(record)


class PooledFeatures:
    """The features of a data set for several starts. What the cache has is read, and no network is built for it."""

    def __init__(self, data: Dataset, training: Training, device: Device, seed: int) -> None:
        """Nothing is computed here; ``seed`` is the experiment's, which draws random weights."""
        self._data, self._training, self._device = data, training, device
        self._seed = backbone_seed(seed, 0)
        self._base: tuple[str, keras.Model, PrefixPass] | None = None
        self.seconds = 0.0  # spent on networks and their passes over the images

    def of(self, record: WeightsRecord) -> NDArray[np.float32]:
        """Return the features (N, C) of weights; starts of one backbone are cheapest one after the other.

        Raises:
            DataError, OutputError, WeightsError: as ``pooled_features``.
        """
        found = self._store(record, {}).found(POOLED)
        if found is None:
            start = time.monotonic()
            found = self._computed(record)
            self.seconds += time.monotonic() - start
        return np.array(found[0])

    @cached_property
    def _grey(self) -> NDArray[np.float32]:
        return self._data.images.grey(self._training.image_size, self._training.resize)

    @cached_property
    def _images_hash(self) -> str:
        return images_hash(image.reading for image in self._data.images.examined())

    def _computed(self, record: WeightsRecord) -> list[np.ndarray]:
        """Compute the features with the network of the last call, if it is of the same backbone."""
        pixels = convention(record.pixels)
        check_first_batch(to_network(self._grey[:PREFIX_BATCH], pixels), pixels)
        if self._base is None or self._base[0] != record.backbone:
            self.close()
            base = build_base(record.backbone, self._training.image_size, seed=0)
            self._base = record.backbone, base, PrefixPass(base, [POOLED])
        _, base, prefix = self._base
        initialize(base, record, self._seed)
        return self._store(record, {POOLED: prefix}).rows(POOLED, np.arange(len(self._data)), None)

    def close(self) -> None:
        """Forget the network."""
        if self._base is not None:
            self._base = None
            keras.backend.clear_session()

    def _store(self, record: WeightsRecord, passes: dict[str, PrefixPass]) -> FeatureStore:
        """Return the feature store of a start, cached as in an experiment; without passes it only finds features."""
        return FeatureStore(
            passes,
            self._grey,
            name=f"{record.backbone} with the weights {record.name!r}",
            convention=convention(record.pixels),
            cache=cache_in(cache_folder(), self._training),
            key=feature_key(record, self._seed, self._images_hash, self._training, self._device),
            augmentation="none",
            seed=self._seed,
            kept={POOLED: 1},
        )
