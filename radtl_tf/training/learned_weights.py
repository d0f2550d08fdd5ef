"""Write and read the trained weights of a run as an HDF5 file: suffix, head, mean and SD of the features."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import OutputError

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Learned:
    """The suffix's weights in the order of ``suffix.weights``; the head's kernel (C, K), bias (K,), mean, SD (C,)."""

    suffix: list[Array]
    kernel: Array
    bias: Array
    mean: Array
    sd: Array


_HEAD = ("kernel", "bias", "mean", "sd")


def write_learned(path: Path, learned: Learned) -> None:
    """Write ``weights.h5`` of a run. The file is made in memory, because HDF5 crashes on a full disk."""
    with io.BytesIO() as memory:
        with h5py.File(memory, "w") as file:
            for number, array in enumerate(learned.suffix):
                file[f"suffix/{number:04d}"] = array
            for name in _HEAD:
                file[f"head/{name}"] = getattr(learned, name)
        path.write_bytes(memory.getbuffer())


def read_learned(path: Path) -> Learned:
    """Read the ``weights.h5`` of a run.

    Raises:
        OutputError: the file is missing or damaged.
    """
    try:
        with h5py.File(path, "r") as file:
            suffix = file.get("suffix", {})
            return Learned(
                suffix=[np.asarray(suffix[name]) for name in sorted(suffix)],
                **{name: np.asarray(file[f"head/{name}"]) for name in _HEAD},
            )
    except (OSError, KeyError) as error:
        raise OutputError(f"{path} is missing or damaged: delete its folder and run the experiment again.") from error
