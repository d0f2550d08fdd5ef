"""Stream a built data set in batches, shuffled as well as in memory, regardless of its order on disk.

Archives are often sorted by class, and a bounded shuffle buffer cannot change that. So we shuffle on two levels (Xu et
al. 2022, "In-Database Machine Learning with CorgiPile", SIGMOD): short runs of neighboring examples are read in random
order, many at a time, and a buffer of encoded images mixes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from numpy.typing import NDArray

from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.preprocessing.augmentation import augment
from radtl_tf.data.preprocessing.resizing import preprocess
from radtl_tf.data.tfds.building import data_errors, title
from radtl_tf.data.tfds.examples import SPLIT
from radtl_tf.errors import DataError

SHUFFLE_BYTES = 512 * 2**20  # of encoded images in the buffer
_RUNS_IN_BUFFER = 64
_LONGEST_RUN = 32
_READERS = 16
_FRAME = 16  # bytes of a TFRecord besides its data: length (8), the sum of the length (4), the sum of the data (4)
_DIVIDE, _RUNS, _BUFFER = range(3)  # the purpose of a random generator
Batch = tuple[tf.Tensor, tf.Tensor, tf.Tensor]


@dataclass(frozen=True)
class Index:
    """The position of each of the N examples: the number of its file (N,) and the byte at which it begins (N,)."""

    files: tuple[str, ...]
    file: NDArray[np.int64]
    offset: NDArray[np.int64]
    num_bytes: int


def index_of(builder: tfds.core.DatasetBuilder) -> Index:
    """Find the beginning of every example in the files of a built data set; 8 bytes of each are read.

    Raises:
        DataError: a file is damaged.
    """
    split = builder.info.splits[SPLIT]
    with data_errors(title(builder)):
        offsets = [_offsets(Path(path), n) for path, n in zip(split.filepaths, split.shard_lengths, strict=True)]
    sizes = [Path(path).stat().st_size for path in split.filepaths]
    return Index(
        files=tuple(str(path) for path in split.filepaths),
        file=np.repeat(np.arange(len(sizes)), split.shard_lengths),
        offset=np.concatenate(offsets),
        num_bytes=sum(sizes),
    )


def validation_mask(cases: Cases, share: float, seed: int) -> NDArray[np.bool_]:
    """Return (N,): which examples are held out, ``share`` of the patients of each class, drawn by ``seed``.

    A patient belongs to the rarest class among the images, and all of them are in the same part. Patients are numbered
    by first appearance, so the division does not depend on their ids or the hash key.

    Raises:
        DataError: there are so few patients that none is held out.
    """
    if not share:
        return np.zeros(len(cases.examples), bool)
    groups, numbers = np.unique(cases.groups, return_inverse=True)
    strata = _strata(cases, numbers, len(groups))
    random = np.random.default_rng((seed, _DIVIDE))
    chosen = np.zeros(len(groups), bool)
    for stratum in np.unique(strata):
        members = random.permutation(np.flatnonzero(strata == stratum))
        chosen[members[: round(share * len(members))]] = True
    if not chosen.any():
        raise DataError(
            f"validation = {share} of {len(groups)} patients holds out no patient: increase it, or set it to 0."
        )
    return chosen[numbers]


def _strata(cases: Cases, numbers: NDArray[np.int64], num_groups: int) -> NDArray[np.int64]:
    """Return (num_groups,): 0 for groups without a class, else 1 + the rank of the rarest class, common ones first."""
    if cases.truth.ndim == 1:
        rows, classes = np.arange(len(cases.truth)), cases.truth
    else:
        rows, classes = np.nonzero(cases.truth == 1)
    counts = np.bincount(classes, minlength=len(cases.classes))
    rank = np.empty(len(counts), np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(1, len(counts) + 1)
    strata = np.zeros(num_groups, np.int64)
    np.maximum.at(strata, numbers[rows], rank[classes])
    return strata


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Batches of (images, targets, examples) of a built data set, divided into a training and a validation part.

    Images are float32 0..1 (B, size, size, 1); targets float32 (B, K), one-hot or, multilabel, 1 if the image has the
    class, 0 if not and ``UNKNOWN`` for unknown labels; examples int64 (B,). Memory holds a bounded buffer, some batches
    and some numbers per example.
    """

    builder: tfds.core.DatasetBuilder
    cases: Cases
    size: int
    resize: str
    augmentation: str
    batch_size: int
    seed: int
    held_out: NDArray[np.bool_]
    index: Index = field(init=False)

    def __post_init__(self) -> None:
        """Find the examples on disk."""
        object.__setattr__(self, "index", index_of(self.builder))

    @property
    def num_training(self) -> int:
        """Return the number of images in the training part."""
        return int((~self.held_out).sum())

    @property
    def steps(self) -> int:
        """Return the number of batches of an epoch: all are full, and each epoch leaves out different images."""
        return max(self.num_training // self.batch_size, 1)

    @property
    def buffer(self) -> int:
        """Return how many encoded images the shuffle buffer holds."""
        fitting = SHUFFLE_BYTES * len(self.held_out) // self.index.num_bytes
        return max(min(fitting, self.num_training), self.batch_size)

    def training(self, epoch: int, *, after: int = 0, plain: bool = False) -> Iterator[Batch]:
        """Yield the batches of one epoch in an order that depends on (seed, epoch); ``plain``: not augmented.

        The first ``after`` batches are left out, and their images are not decoded.

        Raises:
            DataError: the data set is damaged.
        """
        longest = min(max(self.buffer // _RUNS_IN_BUFFER, 1), _LONGEST_RUN)
        runs = runs_of(~self.held_out, self.index.file, longest)
        order = np.random.default_rng((self.seed, _RUNS, epoch)).permutation(len(runs))
        mix = int(np.random.default_rng((self.seed, _BUFFER, epoch)).integers(2**62))
        encoded = self._encoded(runs[order]).shuffle(self.buffer, seed=mix, reshuffle_each_iteration=False)
        encoded = encoded.skip(after * self.batch_size)
        full = self.num_training >= self.batch_size
        batches = self._decoded(encoded).batch(self.batch_size, drop_remainder=full)
        if self._is_changed and not plain:
            batches = batches.map(lambda *batch: self._augmented(epoch, *batch), tf.data.AUTOTUNE, deterministic=True)
        return self._checked(batches)

    @property
    def _is_changed(self) -> bool:
        """Tell whether training images are changed after they are resized."""
        return self.augmentation != "none"

    def validation(self) -> Iterator[Batch]:
        """Yield the batches of the validation part, always without augmentation and in the same order.

        Raises:
            DataError: the data set is damaged.
        """
        runs = runs_of(self.held_out, self.index.file, _LONGEST_RUN)
        return self._checked(self._decoded(self._encoded(runs)).batch(self.batch_size))

    def _encoded(self, runs: NDArray[np.int64]) -> tf.data.Dataset:
        """Return the examples of ``runs`` (R, 2) of first and number, their images still encoded."""
        first, number = runs.T
        features = tfds.features.FeaturesDict({name: self.builder.info.features[name] for name in ("image", "example")})
        files = tf.constant(self.index.files)

        def read(file: tf.Tensor, offset: tf.Tensor, number: tf.Tensor) -> tf.data.Dataset:
            return records_at(tf.gather(files, file), offset).take(number)

        def parsed(record: tf.Tensor) -> dict[str, Any]:
            return features.deserialize_example(record, decoders={"image": tfds.decode.SkipDecoding()})

        where = tf.data.Dataset.from_tensor_slices((self.index.file[first], self.index.offset[first], number))
        records = where.interleave(read, cycle_length=_READERS, num_parallel_calls=_READERS, deterministic=True)
        return records.map(parsed, tf.data.AUTOTUNE, deterministic=True)

    def _decoded(self, encoded: tf.data.Dataset) -> tf.data.Dataset:
        """Return (image, target, example) of each encoded example."""
        truth, num_classes = tf.constant(self.cases.truth), len(self.cases.classes)
        image = self.builder.info.features["image"]

        def decoded(row: dict[str, tf.Tensor]) -> Batch:
            found = tf.gather(truth, row["example"])
            target = tf.one_hot(found, num_classes) if truth.shape.rank == 1 else tf.cast(found, tf.float32)
            pixels = preprocess(image.decode_example(row["image"]), self.size, self.resize)
            return tf.ensure_shape(pixels, (self.size, self.size, 1)), target, row["example"]

        return encoded.map(decoded, tf.data.AUTOTUNE, deterministic=True)

    def _augmented(self, epoch: int, images: tf.Tensor, targets: tf.Tensor, examples: tf.Tensor) -> Batch:
        return augment(images, self.augmentation, self.seed, epoch, examples), targets, examples

    def _checked(self, batches: tf.data.Dataset) -> Iterator[Batch]:
        with data_errors(title(self.builder)):
            yield from batches.prefetch(2)


def records_at(file: tf.Tensor, offset: tf.Tensor) -> tf.data.Dataset:
    """Return the records of a TFRecord file from a byte on; use it in a function of a ``tf.data`` pipeline.

    The checksum of each record is compared. Only the raw operation can start in the middle of a file.
    """
    records = tf.raw_ops.TFRecordDatasetV2(
        filenames=file[tf.newaxis], compression_type="", buffer_size=0, byte_offsets=offset[tf.newaxis]
    )
    return tf.data.experimental.from_variant(records, tf.TensorSpec((), tf.string))


def runs_of(chosen: NDArray[np.bool_], file: NDArray[np.int64], longest: int) -> NDArray[np.int64]:
    """Return (R, 2), first and number: the chosen examples as runs of neighbors in one file, ``longest`` at most."""
    at = np.flatnonzero(chosen)
    begins = np.ones(len(at), bool)
    begins[1:] = (np.diff(at) != 1) | (np.diff(file[at]) != 0)
    stretches = np.flatnonzero(begins)
    within = np.arange(len(at)) - np.repeat(stretches, np.diff(np.append(stretches, len(at))))
    first = np.flatnonzero(within % longest == 0)
    return np.stack([at[first], np.diff(np.append(first, len(at)))], axis=1)


def _offsets(path: Path, number: int) -> NDArray[np.int64]:
    """Return where each of the ``number`` records of a TFRecord file begins."""
    offsets = np.empty(number, np.int64)
    position, size = 0, path.stat().st_size
    with open(path, "rb", buffering=0) as file:
        for at in range(number):
            offsets[at] = position
            file.seek(position)
            position += int.from_bytes(file.read(8), "little") + _FRAME
            if position > size:
                break
    if position != size:
        raise tf.errors.DataLossError(None, None, "the size of the file does not match its records")
    return offsets
