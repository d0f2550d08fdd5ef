"""The pixels of a data set at one size on disk: decoded and resized once; the checksum is verified on opening."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from numpy.typing import NDArray

from radtl_tf.data.preprocessing.policies import policy_of
from radtl_tf.data.preprocessing.resizing import RESIZES, preprocess
from radtl_tf.data.tfds.builders import fingerprint, stream_of
from radtl_tf.data.tfds.building import data_errors, title
from radtl_tf.errors import DataError
from radtl_tf.logs import get_logger
from radtl_tf.records.checksums import SummedFile, checksum_of
from radtl_tf.records.disk import temporary_file, unwritable, write_json
from radtl_tf.records.image_size import sides

_log = get_logger(__name__)
_CACHE_FORMAT = 1
_SUM = "blake2b"  # the key of the checksum in the key file


def pixel_cache(
    builder: tfds.core.DatasetBuilder,
    num_examples: int,
    size: int | str,
    policy: str,
    path: Path,
    *,
    data_sha256: str | None = None,
) -> np.memmap:
    """Return float32 (num_examples, H, W, 1) of this size on disk at ``path``; row i is example i, preprocessed.

    ``data_sha256`` is the fingerprint of the data set, if it is known already. A complete file of the same data, size
    and policy is used again if its checksum is correct. A damaged file, or a file from an earlier version without a
    checksum, is written again, and the log says so. Memory does not grow with the number of images.

    Raises:
        DataError: the data set is damaged or has another number of examples.
        OutputError: the file cannot be written.
    """
    policy_of(policy, RESIZES, "resize")
    key, shape = _key(size, policy, data_sha256 or fingerprint(builder)), (num_examples, *sides(size), 1)
    try:
        if not _is_complete(path, key, shape):
            if _is_of(path, key) and path.exists():
                _log.warning("The decoded pixels are damaged or have no checksum; writing them again")
            _fill(builder, path, key, shape)
        return np.load(path, mmap_mode="r")
    except OSError as error:
        raise unwritable(path, error) from error


def link_pixels(path: Path, size: int | str, policy: str, data_sha256: str, *, file: Path, checksum: str) -> None:
    """Make ``path`` a hard link to ``file``, which holds the same pixels; nothing happens if ``path`` has them.

    ``checksum`` is the recorded one of ``file``; ``pixel_cache`` compares the content with it.

    Raises:
        OSError, OutputError: the file system has no such link, or the link cannot be written.
    """
    key = _key(size, policy, data_sha256)
    if path.exists() and _is_of(path, key):
        return
    _key_file(path).unlink(missing_ok=True)
    with temporary_file(path) as temporary:
        os.link(file, temporary)
    write_json(_key_file(path), {**key, _SUM: checksum})


def recorded_checksum(path: Path) -> str:
    """Return the checksum that ``pixel_cache`` recorded for its file at ``path``."""
    return str(_sidecar(path)[_SUM])


def read_pixels(path: Path, num_examples: int, size: int | str, policy: str, data_sha256: str) -> np.memmap:
    """Return the pixels that ``pixel_cache`` wrote for the data with the fingerprint ``data_sha256``.

    Raises:
        DataError: the file is missing, damaged or belongs to other data.
    """
    if not _is_complete(path, _key(size, policy, data_sha256), (num_examples, *sides(size), 1)):
        raise DataError(
            f"{path} is missing, damaged, or belongs to other images: run the experiment again; finished runs are kept."
        )
    return np.load(path, mmap_mode="r")


def _key(size: int | str, policy: str, data_sha256: str) -> dict[str, Any]:
    return {"format": _CACHE_FORMAT, "size": size, "policy": policy, "fingerprint": data_sha256}


def _key_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _is_complete(path: Path, key: dict[str, Any], shape: tuple[int, ...]) -> bool:
    try:
        sound = _is_of(path, key) and _sidecar(path).get(_SUM) == checksum_of(path)
        return sound and np.load(path, mmap_mode="r").shape == shape
    except (OSError, ValueError, EOFError):
        return False


def _is_of(path: Path, key: dict[str, Any]) -> bool:
    """Tell whether the file belongs to these data, size and policy; it may be damaged."""
    return {name: value for name, value in _sidecar(path).items() if name != _SUM} == key


def _sidecar(path: Path) -> dict[str, Any]:
    """Return the content of the key file, empty if it is missing or damaged."""
    try:
        known = json.loads(_key_file(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _fill(builder: tfds.core.DatasetBuilder, path: Path, key: dict[str, Any], shape: tuple[int, ...]) -> None:
    """Write pixels under a temporary name; the key file marks them as valid: remove it first, and write it last."""
    _key_file(path).unlink(missing_ok=True)
    with temporary_file(path) as temporary, temporary.open("wb") as opened:
        file = SummedFile(opened)  # not a memory map: it kills the process when the disk is full
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for image in _images(builder, shape[0], key["size"], key["policy"]):
            file.write(image.astype("<f4").tobytes())
    write_json(_key_file(path), {**key, _SUM: file.checksum})


def _images(
    builder: tfds.core.DatasetBuilder, number: int, size: int | str, policy: str
) -> Iterator[NDArray[np.float32]]:
    """Yield the preprocessed images 0 to ``number`` - 1 in order."""

    def prepared(row: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        return row["example"], preprocess(row["image"], size, policy)

    expected, threads = 0, os.cpu_count() or 1  # AUTOTUNE starts with one and needs seconds to find more
    with data_errors(title(builder)):
        for example, image in stream_of(builder).map(prepared, threads, deterministic=True).prefetch(8):
            if int(example) != expected:
                break
            expected += 1
            yield image.numpy()
    if expected != number:
        raise DataError(f"the data set {title(builder)} lacks examples; expected 0 to {number - 1}: build it again.")
