"""The pooled features of a backbone for a ``Dataset``: ``radtl_tf.embeddings``."""

from __future__ import annotations

import os

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
from radtl_tf.training.features.array_cache import ArrayCache
from radtl_tf.training.features.feature_key import feature_key, images_hash
from radtl_tf.training.features.prefix_features import POOLED, PREFIX_BATCH, FeatureStore, PrefixPass
from radtl_tf.training.randomness import backbone_seed

_GIGABYTE = 1e9


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
        store = _store(data, record, training, device, backbone_seed(seed, 0))
        (features,) = store.rows(POOLED, np.arange(len(data)), None)
    return np.asarray(features)


def _store(data: Dataset, record: WeightsRecord, training: Training, device: Device, seed: int) -> FeatureStore:
    """Return the feature store of a backbone with its starting weights, cached as in an experiment."""
    base = build_base(record.backbone, training.image_size, seed=0)
    initialize(base, record, seed)
    grey, pixels = data.images.grey(training.image_size, training.resize), convention(record.pixels)
    check_first_batch(to_network(grey[:PREFIX_BATCH], pixels), pixels)
    return FeatureStore(
        {POOLED: PrefixPass(base, [POOLED])},
        grey,
        name=f"{record.backbone} with the weights {record.name!r}",
        convention=pixels,
        cache=ArrayCache(cache_folder(), training.cache_gb * _GIGABYTE),
        key=feature_key(record, seed, images_hash(image.reading for image in data.images.examined()), training, device),
        augmentation="none",
        seed=seed,
        kept={POOLED: 1},
    )
