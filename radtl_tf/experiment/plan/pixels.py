"""The decoded images of an experiment, which experiments on the same images share.

Design: docs/decisions/0035-shared-pixels.md.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from radtl_tf.data.tfds.damaged_data_sets import read_intact
from radtl_tf.data.tfds.pixel_cache import link_pixels, pixel_cache, recorded_checksum
from radtl_tf.errors import OutputError
from radtl_tf.experiment.plan.data import Intake
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.image_size import sides
from radtl_tf.records.runs import image_sizes
from radtl_tf.training.device import Device
from radtl_tf.training.features.array_cache import ArrayCache, Entry
from radtl_tf.training.features.feature_key import pixels_key

_SHARE = 0.1  # of the cache: larger decoded images would take the place of features, which take longer to compute


def pixels_of(
    intake: Intake, experiment: Experiment, folder: OutputFolder, cache: ArrayCache, device: Device
) -> dict[int | str, np.memmap]:
    """Return the images (N, H, W, 1) of each image size, float32 in 0..1, kept in the output folder.

    The files are hard links to those in ``cache``, if it has them; new ones are linked there.

    Raises:
        DataError: the data set is damaged.
        OutputError: the file cannot be written.
    """
    number, training, sha256 = len(intake.cases.truth), experiment.training, intake.sha256

    def kept(built: tfds.core.DatasetBuilder, size: int | str) -> np.memmap:
        path, shape = folder.pixels(size), (number, *sides(size), 1)
        entry = Entry(pixels_key(intake.known.images_hash, size, training, device), [shape])
        _borrow(cache, entry, partial(link_pixels, path, size, training.resize, sha256))
        pixels = pixel_cache(built, number, size, training.resize, path, data_sha256=sha256)
        _share(cache, entry, path)
        return pixels

    return {size: read_intact(intake.build, partial(kept, size=size))[1] for size in image_sizes(experiment)}


def _borrow(cache: ArrayCache, entry: Entry, link: partial[None]) -> None:
    """Link the file of ``entry`` into the output folder, if the cache has it and the file system can."""
    found = cache.file_of(entry.key)
    if found is not None:
        with suppress(OSError, OutputError):
            link(file=found[0], checksum=found[1])


def _share(cache: ArrayCache, entry: Entry, path: Path) -> None:
    """Link a file of the output folder into the cache, unless others may read it there, or it is too large."""
    if not cache.is_shared and entry.size <= _SHARE * cache.limit:
        cache.adopt(entry, path, recorded_checksum(path))
