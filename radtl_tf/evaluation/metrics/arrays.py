"""The two arrays that every metric takes: what is true of each case, and what a model says of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Truth = NDArray[np.int64]  # (n,) 0 or 1; of several classes (n, K)
Score = NDArray[np.float64]  # (n,) P(positive), 0..1; of several classes (n, K)
