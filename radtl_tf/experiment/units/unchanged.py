"""Tell, without TensorFlow, whether an experiment is prepared and nothing that its preparation reads has changed."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path

from radtl_tf import __version__
from radtl_tf.data.manifest.reader import manifest_of
from radtl_tf.errors import RadtlError
from radtl_tf.records.disk import write_json
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.run_checksums import damaged_files
from radtl_tf.records.integrity.sealed_json import digest_of, intact_object, sealed
from radtl_tf.records.prepared import Prepared, find_prepared
from radtl_tf.records.reader import as_dict
from radtl_tf.records.safety.failures import read_failures

_PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "scikit-learn", "numpy", "pydicom", "h5py")
_VARIABLES = ("CUDA_VISIBLE_DEVICES", "TF_ENABLE_ONEDNN_OPTS")
_WRITTEN = ("prepared", "arrays", "experiment", "folds", "baselines", "inputs", "image_hashes", "metadata")


def remember_state(experiment: Experiment, folder: OutputFolder, accepted: Sequence[str]) -> None:
    """Record what ``prepared_already`` compares; an experiment without a manifest is prepared again each time.

    Raises:
        OutputError: the folder cannot be written.
    """
    prepared = find_prepared(folder)
    if prepared and experiment.task.manifest:
        write_json(_file(folder), sealed({"state": _state(experiment, folder, accepted, prepared)}))


def prepared_already(experiment: Experiment, folder: OutputFolder, accepted: Sequence[str]) -> Prepared | None:
    """Return what is prepared if all is as it was: experiment, software, machine, and size and time of each file.

    The files are the table, the images, the weights, and what the preparation wrote. ``None`` if something differs, a
    run has failed, or a file of a finished run is damaged.
    """
    prepared, recorded = find_prepared(folder), intact_object(_file(folder))
    if prepared is None or recorded is None or not experiment.task.manifest:
        return None
    try:
        is_same = recorded["state"] == _state(experiment, folder, accepted, prepared)
    except (RadtlError, OSError):  # the full preparation says what is wrong
        return None
    if not is_same or read_failures(folder.root) or any(map(damaged_files, folder.finished())):
        return None
    return prepared


def _file(folder: OutputFolder) -> Path:
    return folder.data / "prepared-state.json"


def _state(experiment: Experiment, folder: OutputFolder, accepted: Sequence[str], prepared: Prepared) -> str:
    """Return a digest of all that the preparation depends on; no image and no weights file is read."""
    images = [(str(image.path), image.size, image.changed) for image in manifest_of(experiment.task).images]
    versions = [__version__, *map(importlib.metadata.version, _PACKAGES)]
    machine = [platform.node(), platform.python_version(), os.cpu_count(), *map(os.environ.get, _VARIABLES)]
    read = [(str(path), *_size_and_time(path)) for path in _read(experiment, prepared)]
    written = [(str(path.relative_to(folder.root)), *_size_and_time(path)) for path in _written(folder)]
    return digest_of([as_dict(experiment), sorted(accepted), versions, machine, images, read, written])


def _read(experiment: Experiment, prepared: Prepared) -> Iterator[Path]:
    """Yield the files that the preparation reads, besides the images."""
    if experiment.task.manifest:
        yield experiment.task.manifest
    yield from (Path(entry["file"]) for entry in prepared.weights if entry["file"])


def _written(folder: OutputFolder) -> Iterator[Path]:
    """Yield the files that the preparation writes and later calls use."""
    yield from (getattr(folder, name) for name in _WRITTEN)
    for pattern in ("pixels-*", "embeddings-*", "*/*/[0-9]*/dataset_info.json"):
        yield from sorted(folder.data.glob(pattern))


def _size_and_time(path: Path) -> tuple[int, int]:
    """Return the size and time of a file; (-1, 0) if it does not exist."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return -1, 0
    return found.st_size, found.st_mtime_ns
