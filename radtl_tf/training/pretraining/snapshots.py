"""Save the state of a pre-training on disk, whole or not at all, and check it before use.

The arrays are written first, under a new name; then ``state.json``, with their name and sha256, makes them the current
state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import OutputError
from radtl_tf.models.weights.catalogue import sha256_of
from radtl_tf.models.weights.hdf5_in_memory import hdf5_file
from radtl_tf.records.disk import read_json, temporary_file, write_json

Row = dict[str, Any]  # one epoch: a row of history.csv
_STATE = "state.json"


@dataclass(frozen=True)
class Begun:
    """How far the epoch after those of the history is: its finished steps, and the sum of their losses."""

    steps: int = 0
    loss: float = 0.0


def write_snapshot(
    folder: Path, arrays: Sequence[NDArray[Any]], history: Sequence[Row], begun: Begun | None = None
) -> None:
    """Write the state after the epochs of ``history`` and, in the next one, the steps of ``begun``.

    The previous snapshot is removed last.

    Raises:
        OutputError: the folder cannot be written or the disk is full.
    """
    begun = begun or Begun()
    file = folder / f"epoch-{len(history):04d}{f'-{begun.steps:07d}' if begun.steps else ''}.h5"
    with temporary_file(file) as temporary:
        with hdf5_file(temporary) as target:
            for number, array in enumerate(arrays):
                target[f"{number:05d}"] = array
        digest = sha256_of(temporary)
    write_json(folder / _STATE, {"file": file.name, "sha256": digest, "history": list(history), **asdict(begun)})
    _clear(folder, keep=file.name)


def read_history(folder: Path) -> list[Row]:
    """Return the epochs of the snapshot in ``folder``, or none without a snapshot.

    Raises:
        OutputError: ``state.json`` is damaged.
    """
    return list(_state(folder)["history"]) if (folder / _STATE).is_file() else []


def read_begun(folder: Path) -> Begun:
    """Return how far the epoch after the history of the snapshot is; zeros without a snapshot.

    Raises:
        OutputError: ``state.json`` is damaged.
    """
    state = _state(folder) if (folder / _STATE).is_file() else {}
    return Begun(state.get("steps", 0), state.get("loss", 0.0))


def read_snapshot(folder: Path) -> list[NDArray[Any]]:
    """Return the arrays of the snapshot in ``folder``.

    Raises:
        OutputError: the snapshot is missing or does not match ``state.json``.
    """
    state = _state(folder)
    file = folder / str(state["file"])
    try:
        if sha256_of(file) == state["sha256"]:
            with h5py.File(file, "r") as source:
                return [np.asarray(source[name]) for name in sorted(source)]
    except OSError as error:
        raise _damaged(folder) from error
    raise _damaged(folder)


def remove_snapshot(folder: Path) -> None:
    """Remove the arrays, which are three times the size of the weights; keep the history."""
    _clear(folder, keep=None)


def _state(folder: Path) -> dict[str, Any]:
    state = read_json(folder / _STATE)
    if not isinstance(state, dict) or not {"file", "sha256", "history"} <= set(state):
        raise _damaged(folder)
    return state


def _damaged(folder: Path) -> OutputError:
    return OutputError(f"{folder}: the state of the pre-training is damaged; delete this folder and start again.")


def _clear(folder: Path, keep: str | None) -> None:
    for file in (*folder.glob("epoch-*.h5"), *folder.glob(".epoch-*.part")):
        if file.name != keep:
            file.unlink(missing_ok=True)
