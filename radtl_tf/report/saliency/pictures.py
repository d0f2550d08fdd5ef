"""A radiograph and its saliency map as pixels of one size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.preprocessing.resizing import resize
from radtl_tf.models.gradcam import scaled
from radtl_tf.report.saliency.colors import overlay


def radiograph_picture(pixels: NDArray[np.float32], size: int | str) -> NDArray[np.uint8]:
    """Return an image (H, W, 1) in 0..1, as the network sees it, as grey of this size."""
    grey = resize(pixels, size, "stretch").numpy()[..., 0]
    return np.rint(255 * np.clip(grey, 0, 1)).astype(np.uint8)


def map_picture(saliency: NDArray[np.float32], size: int | str) -> NDArray[np.uint8]:
    """Return a map (h, w), scaled to its maximum and enlarged to this size, as colors with opacity (H, W, 4)."""
    values = scaled(saliency[None])[0][0]
    enlarged = resize(values[..., None], size, "stretch").numpy()[..., 0]
    return overlay(np.clip(enlarged, 0, 1))
