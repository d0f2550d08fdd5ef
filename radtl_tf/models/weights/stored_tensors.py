"""Tensors of a file that are read one at a time, so that a large network does not need twice its memory."""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from radtl_tf.errors import WeightsError
from radtl_tf.models.weights.schema import Shape


class StoredTensors(Sequence[np.ndarray]):
    """float32 tensors in a file; each is read whenever it is used, and is read-only.

    The file stays open as long as this object is used, so it can be deleted (POSIX). It must not change.
    """

    def __init__(self, path: Path, shapes: Sequence[Shape], starts: Sequence[int] | None = None) -> None:
        """Open the file ``path``, in which tensors of these ``shapes`` begin at the bytes ``starts``.

        Without ``starts``, they lie one after the other from the beginning.
        """
        self._shapes, self._sizes = shapes, [4 * math.prod(shape) for shape in shapes]
        self._starts = starts if starts is not None else [0, *accumulate(self._sizes)]
        self._path, self._file = path, os.open(path, os.O_RDONLY)
        self._state = self._size_and_time()
        weakref.finalize(self, os.close, self._file)

    def __len__(self) -> int:
        """Return the number of tensors."""
        return len(self._shapes)

    def __getitem__(self, place: Any) -> Any:
        """Read the tensor at ``place``, or the list of those in a slice.

        Raises:
            WeightsError: the file has changed since this object was made.
        """
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        content = os.pread(self._file, self._sizes[place], self._starts[place])
        if self._size_and_time() != self._state:
            raise WeightsError(f"{self._path}: the file has changed while it was in use. Restore it and run again.")
        return np.frombuffer(content, np.float32).reshape(self._shapes[place])

    def _size_and_time(self) -> tuple[int, int]:
        found = os.fstat(self._file)
        return found.st_size, found.st_mtime_ns
