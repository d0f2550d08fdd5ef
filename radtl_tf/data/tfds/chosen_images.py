"""Read some images of a built data set by their numbers, without reading the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from numpy.typing import NDArray

from radtl_tf.data.tfds.building import data_errors, title
from radtl_tf.data.tfds.examples import SPLIT
from radtl_tf.data.tfds.stream import index_of, records_at


def built_in(folder: Path, num_examples: int) -> tfds.core.DatasetBuilder | None:
    """Return the newest data set of ``num_examples`` images in ``folder``; ``None``: there is none."""
    found = [*folder.glob("*/*/dataset_info.json"), *folder.glob("*/*/*/dataset_info.json")]
    for info in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True):
        with data_errors(info.parent.name):
            builder = tfds.builder_from_directory(str(info.parent))
            if SPLIT in builder.info.splits and builder.info.splits[SPLIT].num_examples == num_examples:
                return builder
    return None


def images_at(builder: tfds.core.DatasetBuilder, numbers: Iterable[int]) -> Iterator[NDArray[np.uint16]]:
    """Yield uint16 grey (H, W) of the examples ``numbers``.

    Raises:
        DataError: the data set is damaged.
    """
    index, image = index_of(builder), tfds.features.FeaturesDict({"image": builder.info.features["image"]})
    chosen = np.fromiter(numbers, np.int64)
    places = tf.data.Dataset.from_tensor_slices((np.array(index.files)[index.file[chosen]], index.offset[chosen]))
    with data_errors(title(builder)):
        for record in places.flat_map(lambda file, offset: records_at(file, offset).take(1)):
            yield image.deserialize_example(record)["image"][..., 0].numpy()
