"""Verify a weights file, and score pixel conventions on given radiographs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.images import FORMATS, decode
from radtl_tf.data.manifest.folders import image_files
from radtl_tf.data.preprocessing.resizing import preprocess
from radtl_tf.errors import DataError
from radtl_tf.logs import get_logger
from radtl_tf.models.weights.inspection import Verified, verify

_log = get_logger(__name__)
MAX_IMAGES = 64  # more images hardly change the scores of conventions


def verify_weights(
    file: Path, backbone: str, images: Path | None = None, *, image_size: int | str = 224, resize: str = "pad"
) -> Verified:
    """Return the contents of ``file``; with a folder of ``images``, also how well each pixel convention fits.

    At most 64 images are read and resized to ``image_size`` (px) by ``resize``.

    Raises:
        WeightsError: the file is not what it claims to be.
        DataError: no image can be read.
    """
    return verify(file, backbone, _read(images, image_size, resize) if images else None)


def _read(folder: Path, size: int | str, policy: str) -> NDArray[np.float32]:
    """Return at most 64 images of a folder, evenly spaced over its sorted names: (N, H, W, 1), grey 0..1."""
    files = image_files([folder])
    places = np.unique(np.linspace(0, len(files) - 1, min(len(files), MAX_IMAGES)).astype(int))
    grey, failures = [], Counter[str]()
    for place in places:
        try:
            grey.append(preprocess(decode(files[place]).pixels, size, policy).numpy())
        except DataError as error:  # a file name may contain a patient's name, so it is not printed
            failures[str(error)] += 1
    for reason, count in failures.items():
        _log.warning(f"{count} of {len(places)} images cannot be read: {reason}")
    if not grey:
        raise DataError(f"{folder} has no readable image: name a folder of radiographs ({FORMATS}).")
    _log.info(f"Conventions are scored on {len(grey)} of {len(files)} images, {size} px, resize {policy}.")
    return np.stack(grey)
