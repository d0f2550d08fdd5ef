"""Remove built data sets that are damaged on disk, so that they are built again from their manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import tensorflow_datasets as tfds

from radtl_tf.errors import DamagedDataSetError
from radtl_tf.logs import get_logger
from radtl_tf.records.checksums import checksum_of
from radtl_tf.records.disk import write_json
from radtl_tf.records.integrity.sealed_json import intact_object, sealed

_log = get_logger(__name__)
_T = TypeVar("_T")

SUMS = "checksums.json"
_DESCRIPTIONS = ("*.json", "*.txt")  # TFRecord files have checksums of their own, which TensorFlow compares
_LINE = "The data set is damaged on disk: it is built again from the manifest"


def write_sums(place: Path) -> None:
    """Write the checksums of the small files of a built data set, unless they are there.

    Raises:
        OutputError: the folder cannot be written.
    """
    if not (place / SUMS).exists():
        write_json(place / SUMS, sealed({"files": {file.name: checksum_of(file) for file in _small(place)}}))


def remove_damaged(folder: Path) -> None:
    """Remove every data set ``<folder>/<configuration>/<version>`` with a damaged small file; the log has a line each.

    A data set of an earlier version has no checksums; it is removed if its description is not JSON.
    """
    for description in folder.glob("[!.]*/[0-9]*/dataset_info.json"):
        if _is_damaged(description.parent):
            _log.warning(_LINE)
            shutil.rmtree(description.parent, ignore_errors=True)


def read_intact(
    build: Callable[[], tfds.core.DatasetBuilder], read: Callable[[tfds.core.DatasetBuilder], _T]
) -> tuple[tfds.core.DatasetBuilder, _T]:
    """Return the data set that ``build`` returns and what ``read`` reads from it; a damaged one is built once more.

    Raises:
        DataError: the new one cannot be read either.
    """
    builder = build()
    try:
        return builder, read(builder)
    except DamagedDataSetError:
        _log.warning(_LINE)
        shutil.rmtree(builder.data_path, ignore_errors=True)
    builder = build()
    return builder, read(builder)


def _is_damaged(place: Path) -> bool:
    if not (place / SUMS).exists():
        return any(not _is_json(file) for file in place.glob("*.json"))
    found = intact_object(place / SUMS)
    if found is None:
        return True
    return any(_sum(place / name) != recorded for name, recorded in found["files"].items())


def _is_json(file: Path) -> bool:
    try:
        json.loads(file.read_bytes())
    except (OSError, ValueError):
        return False
    return True


def _small(place: Path) -> list[Path]:
    return sorted(file for pattern in _DESCRIPTIONS for file in place.glob(pattern))


def _sum(path: Path) -> str:
    try:
        return checksum_of(path)
    except OSError:
        return ""
