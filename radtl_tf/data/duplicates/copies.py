"""The images of a data set that occur twice; each kind is searched once, when it is first needed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.duplicates.near import near
from radtl_tf.data.duplicates.pairs import Pairs, same

_BLANK = 0.5 / 65535  # SD below half a step of 16 bits: one grey value; where no range of values was measured


class Copies:
    """The pairs among N images."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        """Take the readings of the images; the search starts when a pair is needed."""
        self._readings = readings

    @cached_property
    def blank(self) -> NDArray[np.bool_]:
        """(N,) whether all pixels of an image have one value, or nearly all."""
        return np.array([reading.used.is_flat or reading.sd < _BLANK for reading in self._readings], bool)

    @cached_property
    def exact(self) -> Pairs:
        """Pairs with the same file or the same pixels, without blank images, because these show no patient."""
        pairs = same([reading.pixels_hash for reading in self._readings])
        return pairs[~self.blank[pairs[:, 0]]]

    @cached_property
    def near(self) -> Pairs:
        """Pairs that show nearly the same picture with different pixels."""
        if not self._readings:
            return np.empty((0, 2), np.int64)
        pairs = near(np.stack([reading.signature for reading in self._readings]))
        differ = [self._readings[a].pixels_hash != self._readings[b].pixels_hash for a, b in pairs]
        return pairs[np.array(differ, bool)]
