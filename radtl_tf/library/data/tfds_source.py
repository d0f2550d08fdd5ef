"""TFDS data sets for ``Dataset.from_tfds``."""

from __future__ import annotations

from pathlib import Path

import tensorflow_datasets as tfds

from radtl_tf.data.tfds.builders import build_named, prepared
from radtl_tf.errors import DataError

_NEEDED = {"image", "label", "patient", "example", "sha256", "reading", "metadata"}


def built(source: str | Path | tfds.core.DatasetBuilder, data_dir: Path) -> tfds.core.DatasetBuilder:
    """Return the data set ``source``, built on disk.

    Raises:
        DataError: the data set is unknown, cannot be built, or lacks a feature that an experiment needs.
        OutputError: the folder cannot be written.
    """
    if isinstance(source, (str, Path)):
        builder = build_named(str(source), data_dir)
    elif isinstance(source, tfds.core.DatasetBuilder):
        builder = prepared(source, source.name)
    else:
        raise DataError(f"from_tfds takes a name, a folder or a TFDS builder, not {type(source).__name__}.")
    missing = sorted(_NEEDED - set(builder.info.features))
    if missing:
        raise DataError(
            f"the data set {builder.name!r} lacks the features {', '.join(missing)}: build its examples with "
            "radtl_tf.data.tfds.examples (docs/how-to/adding-a-data-set.md)."
        )
    return builder


def is_multilabel(builder: tfds.core.DatasetBuilder) -> bool:
    """Return whether images of the data set can have several labels."""
    return isinstance(builder.info.features["label"], tfds.features.Sequence)
