"""Remember what the check of an experiment's data found, so that a later call does not read every image again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd
import tensorflow_datasets as tfds
from numpy.typing import NDArray

from radtl_tf import __version__
from radtl_tf.data.check.findings import Finding
from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.manifest.reader import Manifest
from radtl_tf.data.tfds.known_values import state_of_files
from radtl_tf.experiment.plan.ownership import PATHS
from radtl_tf.records.disk import write_json
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.sealed_json import digest_of, intact_object, sealed
from radtl_tf.records.reader import as_dict

_PATHS = {path.rpartition(".")[2] for path in PATHS}


class Readings(Sequence[Reading]):
    """The readings of N images, read when the first one is needed."""

    def __init__(self, number: int, read: Callable[[], Sequence[Reading]]) -> None:
        self._number, self._read = number, read
        self._known: Sequence[Reading] | None = None

    @overload
    def __getitem__(self, at: int) -> Reading: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Reading]: ...
    def __getitem__(self, at: int | slice) -> Reading | Sequence[Reading]:
        """Return one reading, or several."""
        return self._all()[at]

    def __iter__(self) -> Iterator[Reading]:
        """Return all readings in order."""
        return iter(self._all())

    def __len__(self) -> int:
        """Return their number; nothing is read for it."""
        return self._number

    def _all(self) -> Sequence[Reading]:
        if self._known is None:
            self._known = self._read()
        return self._known


@dataclass(frozen=True)
class KnownIntake:
    """What every call of an experiment needs to know of its images.

    ``images_hash`` is the hash of all pixels, ``linked`` (N,) are the groups of patients who share an image (``None``:
    no two do), ``metadata`` names the metadata that some image has.
    """

    images_hash: str
    linked: NDArray[np.int64] | None
    findings: tuple[Finding, ...]
    metadata: tuple[str, ...]


def intake_key(experiment: Experiment, builder: tfds.core.DatasetBuilder, manifest: Manifest | None) -> str:
    """Return a hash of all that the check of an experiment's data depends on; no image is read."""
    task = {name: value for name, value in as_dict(experiment)["task"].items() if name not in _PATHS}
    return digest_of(
        {
            "version": __version__,
            "data": [builder.name, builder.data_path.parent.name, str(builder.version)],
            "files": state_of_files(builder),
            "table": None if manifest is None else _digest(manifest),
            "task": task,
            "folds": asdict(experiment.folds),
            "seed": experiment.seed,
        }
    )


def known_intake(folder: OutputFolder, key: str) -> KnownIntake | None:
    """Return what an earlier call of the same key has found; ``None`` if there was none, or its file is damaged."""
    found = intact_object(_file(folder))
    if found is None or found.get("key") != key:
        return None
    findings = tuple(Finding(each["code"], each["message"], _numbers(each["lines"])) for each in found["findings"])
    linked = None if found["linked"] is None else np.array(_numbers(found["linked"]), np.int64)
    return KnownIntake(found["images_hash"], linked, findings, tuple(found["metadata"]))


def remember_intake(folder: OutputFolder, key: str, known: KnownIntake) -> None:
    """Keep what the check has found for later calls.

    Raises:
        OutputError: the folder cannot be written.
    """
    findings = [{"code": one.code, "message": one.message, "lines": _text(one.lines)} for one in known.findings]
    linked = None if known.linked is None else _text(known.linked.tolist())
    value: dict[str, Any] = {"key": key, "images_hash": known.images_hash, "linked": linked, "findings": findings}
    write_json(_file(folder), sealed({**value, "metadata": list(known.metadata)}))


def _file(folder: OutputFolder) -> Path:
    return folder.data / "checked.json"


def _digest(manifest: Manifest) -> str:
    """Return a hash of the rows of a manifest: cells as they are written, lines, and repairs."""
    table = manifest.table if manifest.written is None else manifest.written
    digest = hashlib.sha256(repr((list(table), [image.line for image in manifest.images], manifest.repairs)).encode())
    digest.update(pd.util.hash_pandas_object(table.astype(str), index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _text(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split()))
