"""Decode the images of a data set once, as in an experiment, and keep them in the user's cache."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.check.check_source import repaired
from radtl_tf.data.check.examined_images import examined, read_manifest_images
from radtl_tf.data.check.findings import Examined, Finding
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.labels import RowLabels
from radtl_tf.data.manifest.reader import Manifest, refuse_faults
from radtl_tf.errors import DataError, OutputError
from radtl_tf.places import data_folder
from radtl_tf.records.experiment import Task
from radtl_tf.records.safety.lock import waiting

# TensorFlow takes seconds to load and is not needed to read and check a table.
if TYPE_CHECKING:
    import tensorflow_datasets as tfds


_NONE = RowLabels(())


class StoredImages:
    """The N images behind a ``Dataset`` and its subsets, decoded when first needed."""

    def __init__(
        self,
        cases: Cases,
        task: Task,
        manifest: Manifest | None,
        builder: tfds.core.DatasetBuilder | None = None,
        *,
        labels: RowLabels = _NONE,
    ) -> None:
        """Use a manifest with the ``labels`` of its rows, or a built data set."""
        self.cases, self.task, self.manifest, self.labels = cases, task, manifest, labels
        self._built = builder
        self._pixels: dict[tuple[int | str, str], np.memmap] = {}

    @cached_property
    def builder(self) -> tfds.core.DatasetBuilder:
        """The TFDS data set, built when first needed.

        Raises:
            DataError: an image is missing or cannot be decoded; the message names its line.
            OutputError: the cache cannot be written.
        """
        from radtl_tf.data.tfds.builders import build_manifest

        if self._built is not None:
            return self._built
        if self.manifest is None:
            raise ValueError("neither a manifest nor a data set is given")
        refuse_faults(self.manifest)
        with _lock():
            return build_manifest(self.manifest, self.cases, data_folder(), self.task)

    @cached_property
    def examined(self) -> list[Examined]:
        """The properties of each image for the data check; all images are decoded.

        Raises:
            DataError: an image is missing or cannot be decoded.
        """
        from radtl_tf.data.tfds.builders import examined_from, examined_with

        if self.manifest is None:
            return examined_from(self.builder)
        return examined_with(self.manifest, self.builder, self.task, self.labels)

    def pixels(self, size: int | str, resize: str) -> np.memmap:
        """Return float32 (N, H, W, 1) in 0..1 at this size, memory-mapped.

        Raises:
            DataError: an image is missing or cannot be decoded.
            OutputError: the cache cannot be written.
        """
        from radtl_tf.data.tfds.builders import fingerprint
        from radtl_tf.data.tfds.pixel_cache import pixel_cache

        if (size, resize) not in self._pixels:
            file = data_folder() / "pixels" / f"{fingerprint(self.builder)[:16]}-{size}-{resize}.npy"
            with _lock():
                number = len(self.cases.truth)
                self._pixels[size, resize] = pixel_cache(self.builder, number, size, resize, file)
        return self._pixels[size, resize]


class ImageRows:
    """The stored images of a ``Dataset``, in its order."""

    def __init__(self, stored: StoredImages, rows: NDArray[np.int64]) -> None:
        self._stored, self.rows = stored, rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def paths(self) -> list[str] | None:
        """Return the path of each image as the table has it, or None for a TFDS data set."""
        manifest = self._stored.manifest
        return None if manifest is None else manifest.at(self.rows.tolist()).paths

    @property
    def left_out(self) -> int:
        """Return how many rows of the table were left out because none of their labels is known."""
        return 0 if self._stored.manifest is None else self._stored.manifest.left_out

    def at(self, positions: NDArray[np.int64]) -> ImageRows:
        """Return the images at these positions of this selection."""
        return ImageRows(self._stored, self.rows[positions])

    def examined(self) -> list[Examined]:
        """Return the properties of each image for the data check; all images are decoded.

        Raises:
            DataError: an image is missing or cannot be decoded.
        """
        every = self._stored.examined
        return [every[row] for row in self.rows]

    def examined_anyway(self) -> list[Examined]:
        """Return the same as ``examined``, but give missing or damaged images a reason in place of an error.

        Raises:
            DataError: a TFDS data set is damaged.
        """
        try:
            return self.examined()
        except DataError:
            if self._stored.manifest is None:
                raise
        rows, task = self.rows.tolist(), self._stored.task
        manifest, labels = self._stored.manifest.at(rows), self._stored.labels.at(rows)
        outcomes = read_manifest_images(manifest, depth=task.depth)
        return examined(manifest, outcomes, labels, task=task, patient=task.patient, pattern=task.patient_pattern)

    def repaired(self) -> tuple[Finding, ...]:
        """Return what was repaired in the table of the images while it was read."""
        return () if self._stored.manifest is None else repaired(self._stored.manifest)

    def grey(self, size: int | str, resize: str) -> NDArray[np.float32]:
        """Return (N, H, W, 1) in 0..1 at this size, memory-mapped if this selection is all images in stored order.

        Raises:
            DataError: an image is missing or cannot be decoded.
            OutputError: the cache cannot be written.
        """
        every = self._stored.pixels(size, resize)
        return every if np.array_equal(self.rows, np.arange(len(every))) else every[self.rows]

    def source(self) -> Manifest | tfds.core.DatasetBuilder:
        """Return the manifest or TFDS builder for an experiment on these images.

        Raises:
            DataError: they are a part of a TFDS data set.
        """
        if self._stored.manifest is not None:
            return self._stored.manifest.at(self.rows.tolist())
        if not np.array_equal(self.rows, self._stored.cases.examples):
            raise DataError("an experiment takes a TFDS data set as a whole, not a subset of it.")
        return self._stored.builder


def private_folder() -> Path:
    """Return the folder of decoded images; only the user can open it.

    Raises:
        OutputError: it cannot be created.
    """
    folder = data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be created ({error.strerror}). Set RADTL_CACHE to another folder."
        ) from error
    return folder


def _lock() -> AbstractContextManager[None]:
    """Return a lock so that one process at a time writes images; a dead process does not hold it."""
    return waiting(private_folder() / "images.lock", "Another process reads images into the cache: waiting for it")
