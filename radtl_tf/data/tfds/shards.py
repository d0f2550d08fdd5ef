"""Write a data set as shards that are kept as they are finished, so that an interrupted build continues after them.

TFDS keeps examples in memory and in temporary files until the last one is generated. Examples of this package are in
order, so each can be written when it is made. The files are those of an undisturbed build, byte for byte
(docs/decisions/0025).
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow_datasets.core.example_serializer import ExampleSerializer

from radtl_tf.data.decoding.worker_pool import HeaderPatients
from radtl_tf.data.tfds.continued import ChangedRowsError, Continued, continuing
from radtl_tf.errors import DataError
from radtl_tf.logs import get_logger
from radtl_tf.records.disk import temporary_file, write_json
from radtl_tf.records.integrity.sealed_json import intact_object, sealed

_log = get_logger(__name__)

SHARD_BYTES = 64 << 20  # of examples: seconds of work, which is what an interruption costs at most
_RECORD, _PATIENTS = "kept.json", "patients.txt"
_VERSIONS = {name: version(name) for name in ("radtl_tf", "tensorflow-datasets")}
Examples = Iterable[tuple[Any, dict[str, Any]]]


def shards_folder(place: Path) -> Path:
    """Return the folder of the finished shards of a build of the data set ``place``."""
    return place.with_name(f".{place.name}.shards")


def forget_shards(place: Path) -> None:
    """Remove what an interrupted build of the data set ``place`` kept."""
    shutil.rmtree(shards_folder(place), ignore_errors=True)


def write_splits(
    builder: tfds.core.GeneratorBasedBuilder, manager: tfds.download.DownloadManager, folder: Path
) -> None:
    """Generate the splits of a data set shard by shard in ``folder``, then put the files into the builder's folder.

    Raises:
        ChangedRowsError: an interrupted build of other rows kept shards in ``folder``.
        DataError: an example cannot be generated, or keys do not ascend.
        OSError: a folder cannot be written.
    """
    found = []
    for name, generator in builder._split_generators(manager).items():
        kept = _Kept(folder / name, builder)
        kept.write(generator)
        template = builder._get_filename_template(split_name=name)
        kept.put([Path(template.sharded_filepath(shard_index=n, num_shards=len(kept))) for n in range(len(kept))])
        lengths, size = kept.lengths, kept.num_bytes
        found.append(tfds.core.SplitInfo(name, lengths, size, filename_template=template))
    builder.info.set_splits(tfds.core.splits.SplitDict(found))


class _Kept:
    """The finished shards of one split in a folder, with the record of them, which is written after each shard."""

    def __init__(self, folder: Path, builder: tfds.core.DatasetBuilder) -> None:
        self._folder, self._features = folder, builder.info.features
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # it may hold hashes of patient ids
        record = self._intact()
        self._shards: list[dict[str, int]] = record["shards"] if record else []
        self._num_patients = record["patients"] if record else 0
        self._continued = self._state(record) if record else Continued()
        self._clear()

    def __len__(self) -> int:
        return len(self._shards)

    @property
    def lengths(self) -> list[int]:
        return [shard["examples"] for shard in self._shards]

    @property
    def num_bytes(self) -> int:
        return sum(shard["bytes"] for shard in self._shards)

    def write(self, generator: Examples) -> None:
        """Write the examples that are not on disk."""
        if self._continued.number:
            _log.info(f"Continuing an interrupted build: {self._continued.number} images are finished")
        serializer = ExampleSerializer(self._features.get_serialized_info())
        with continuing(self._continued):
            examples = iter(generator)
            first = next(examples, None)
            if self._continued.number and not self._continued.is_used:
                raise ChangedRowsError
            numbered = _in_order(itertools.chain(() if first is None else (first,), examples))
            made = (serializer.get_tf_example(self._features.encode_example(one)) for one in numbered)
            # Without this, the order of the features in the file differs between processes.
            encoded = (one.SerializeToString(deterministic=True) for one in made)
            while (head := next(encoded, None)) is not None:
                self._write_shard(itertools.chain((head,), encoded))
        if not self._shards:
            raise AssertionError("No examples were generated.")

    def put(self, paths: list[Path]) -> None:
        """Give the shards their final names; they are kept here, too, where the file system has hard links."""
        for number, path in enumerate(paths):
            try:
                os.link(self._shard(number), path)
            except OSError:
                os.replace(self._shard(number), path)

    def _write_shard(self, encoded: Iterator[bytes]) -> None:
        path, examples, size = self._shard(len(self._shards)), 0, 0
        with temporary_file(path) as temporary, tf.io.TFRecordWriter(str(temporary)) as writer:
            for data in encoded:
                writer.write(data)
                examples, size = examples + 1, size + len(data)
                if size >= SHARD_BYTES:
                    break
        self._shards.append({"examples": examples, "bytes": size, "size": path.stat().st_size})
        self._keep_patients()
        record: dict[str, Any] = {"versions": _VERSIONS, "shards": self._shards, "rows": self._continued.digest}
        record |= {"patients": self._num_patients, "key": self._continued.patients.key}
        write_json(self._folder / _RECORD, sealed(record))

    def _keep_patients(self) -> None:
        """Add the new patients of the headers, so that a later call gives them the same numbers."""
        hashes = list(itertools.islice(self._continued.patients.numbers, self._num_patients, None))
        if hashes:
            with (self._folder / _PATIENTS).open("a", encoding="ascii") as file:
                file.writelines(f"{one}\n" for one in hashes)
                file.flush()
                os.fsync(file.fileno())
            self._num_patients += len(hashes)

    def _intact(self) -> dict[str, Any] | None:
        """Return the record of an earlier call by the same versions, if the files that it names are there."""
        record = intact_object(self._folder / _RECORD)
        if record is None or record["versions"] != _VERSIONS:
            return None
        sizes = [_size(self._shard(number)) for number in range(len(record["shards"]))]
        if sizes != [shard["size"] for shard in record["shards"]]:
            return None
        return record if len(self._hashes()) >= record["patients"] else None

    def _hashes(self) -> list[str]:
        path = self._folder / _PATIENTS
        return path.read_text(encoding="ascii").splitlines() if path.exists() else []

    def _state(self, record: dict[str, Any]) -> Continued:
        known = self._hashes()[: self._num_patients]
        patients = HeaderPatients(record["key"], {each: str(number) for number, each in enumerate(known, start=1)})
        return Continued(sum(shard["examples"] for shard in self._shards), record["rows"], patients)

    def _clear(self) -> None:
        """Remove what a killed process wrote after its last record."""
        kept = {self._shard(number).name for number in range(len(self._shards))}
        for path in self._folder.iterdir():
            if path.name not in {*kept, _RECORD, _PATIENTS} or not kept:
                path.unlink()
        if self._num_patients:
            text = "".join(f"{each}\n" for each in self._continued.patients.numbers)
            (self._folder / _PATIENTS).write_text(text, encoding="ascii")
        else:
            (self._folder / _PATIENTS).unlink(missing_ok=True)

    def _shard(self, number: int) -> Path:
        return self._folder / f"{number:05d}.tfrecord"


def _in_order(examples: Examples) -> Iterator[dict[str, Any]]:
    """Yield the examples without their keys.

    Raises:
        DataError: a number as key is not above the one before it.
    """
    last = -1
    for key, example in examples:
        if isinstance(key, int):
            if key <= last:
                raise DataError(f"the builder yields key {key} after key {last}: number the examples in their order.")
            last = key
        yield example


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
