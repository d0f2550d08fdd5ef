"""A radiograph as the input of an exported model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.depth import WHITE
from radtl_tf.data.decoding.images import decode


def read_grey(path: Path | str, depth: int | None = None) -> NDArray[np.float32]:
    """Return the radiograph ``path`` (DICOM, PNG, JPEG or TIFF) as float32 grey (1, H, W, 1) in 0..1, as in training.

    ``depth`` is the ``depth`` of the model's card: the bits of the values in a PNG, JPEG or TIFF of more bits.
    Each file is decoded in this process; ``radtl predict`` decodes files that may be harmful in another one.

    Raises:
        DataError: the file is missing, damaged, too large or of another format.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> file = Path(tempfile.mkdtemp()) / "film.png"
        >>> Image.new("L", (40, 30), 51).save(file)
        >>> grey = read_grey(file)
        >>> grey.shape, round(float(grey.mean()), 3)
        ((1, 30, 40, 1), 0.2)
    """
    return as_grey(decode(Path(path), depth).pixels[np.newaxis, ..., np.newaxis])


def as_grey(pixels: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return uint16 grey as float32 in 0..1, equal to ``data.preprocessing.resizing.to_unit``."""
    return pixels.astype(np.float32) / np.float32(WHITE)
