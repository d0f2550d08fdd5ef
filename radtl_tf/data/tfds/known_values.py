"""Values that were computed from all examples of a data set, kept next to it, so that they are computed once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import tensorflow_datasets as tfds

from radtl_tf.errors import OutputError
from radtl_tf.records.disk import write_json
from radtl_tf.records.integrity.sealed_json import digest_of, intact_object, sealed

FILE = ".known.json"


def state_of_files(builder: tfds.core.DatasetBuilder) -> str:
    """Return a hash over name, size and time of the files of examples, which changes when one is written again."""
    paths = [Path(path) for split in builder.info.splits.values() for path in split.filepaths]
    return digest_of({"files": [[path.name, *_state(path)] for path in paths]})


def remembered(builder: tfds.core.DatasetBuilder, name: str, compute: Callable[[], str]) -> str:
    """Return a value that an earlier call kept for the same files, or compute and keep it.

    A folder that cannot be written keeps nothing.
    """
    file, state = Path(builder.data_path) / FILE, state_of_files(builder)
    known = intact_object(file) or {}
    if known.get("files") == state and name in known:
        return str(known[name])
    value = compute()
    with suppress(OutputError):
        write_json(file, sealed({"files": state, name: value}))
    return value


def _state(path: Path) -> tuple[int, int]:
    """Return size and time of a file, zeros if it is gone: then the data set is damaged, and reading it says so."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns
