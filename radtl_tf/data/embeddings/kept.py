"""Embeddings in the output folder of an experiment: checked, in the order of the images, to be opened at once."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import OutputError
from radtl_tf.records.disk import write_bytes
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.folder_checksums import state_of, write_unless_intact
from radtl_tf.records.integrity.sealed_json import digest_of


def key_of(sha256: str | None, data_sha256: str) -> str:
    """Return the name under which the vectors of a file are kept for the images of a data set, from both sha256."""
    return digest_of({"file": sha256, "data": data_sha256})[:16]


def keep_vectors(folder: OutputFolder, key: str, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Write vectors (N, C) to the output folder, unless it has them intact; return them memory-mapped.

    Raises:
        OutputError: the folder cannot be written.
    """

    def write() -> None:
        with io.BytesIO() as file:
            np.save(file, values)
            write_bytes(folder.vectors(key), file.getvalue())

    write_unless_intact(folder, folder.vectors(key), write)
    return kept_vectors(folder, key)


def kept_vectors(folder: OutputFolder, key: str) -> NDArray[np.float32]:
    """Return the vectors that ``keep_vectors`` wrote, (N, C) float32, memory-mapped.

    Raises:
        OutputError: their file is missing or damaged.
    """
    path = folder.vectors(key)
    if state_of(folder, path) != "intact":
        raise OutputError(f"{path} is missing or damaged: prepare the experiment again; finished runs are kept.")
    return np.load(path, mmap_mode="r")
