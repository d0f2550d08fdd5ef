"""Features that nobody computes here: one array in place of a ``FeatureStore``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radtl_tf.training.features.array_cache import Arrays


@dataclass(frozen=True)
class GivenFeatures:
    """A feature store that holds one array (N, C), the same for every tuning and view."""

    features: NDArray[np.float32]
    seconds: float = 0.0  # spent on passes over images: there are none

    def rows(self, tuning: str, positions: NDArray[np.int64], view: int | None) -> Arrays:
        """Return the features (n, C) of the examples at ``positions``, in that order."""
        return [self.features[positions]]
