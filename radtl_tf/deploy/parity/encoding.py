"""The values of a PNG that are decoded to given pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.depth import WHITE


def stored_values(pixels: NDArray[np.uint16], depth: int | None) -> NDArray[np.uint16] | None:
    """Return the values of a 16-bit PNG that ``data.decoding`` with ``depth`` turns into ``pixels``.

    ``None``: there are none, because the pixels come from a file with more bits, such as a DICOM file.
    """
    if depth is None or depth == 16:
        return pixels
    top = (1 << depth) - 1
    values = (pixels.astype(np.uint32) * np.uint32(top) + np.uint32(WHITE // 2)) // np.uint32(WHITE)
    decoded = (values * np.uint32(WHITE) + np.uint32(top // 2)) // np.uint32(top)
    return values.astype(np.uint16) if np.array_equal(decoded, pixels) else None
