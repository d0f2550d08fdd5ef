"""Pixel conventions: the range, channel order and mean of the images that weights were pre-trained on.

Each is an affine function of grey 0..1, so it can be the first layer of an exported model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from radtl_tf.errors import DataError, ExperimentError, nearest

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class PixelConvention:
    """The three input channels of a network, in order: ``grey * scale + offset`` for grey 0..1.

    ``alternative`` names the other possible convention if the public sources leave it open
    (docs/decisions/0008-uncertain-convention.md); results that involve such weights are shown under both.
    ``near`` names a convention that differs so little that images cannot tell them apart.
    """

    name: str
    scale: Triple
    offset: Triple
    channels: str
    source: str
    alternative: str | None = None
    near: str | None = None

    @property
    def low(self) -> float:
        """Return the value of black in the lowest channel."""
        return min(self.offset)

    @property
    def high(self) -> float:
        """Return the value of white in the highest channel."""
        return max(scale + offset for scale, offset in zip(self.scale, self.offset, strict=True))


# keras.applications.imagenet_utils.preprocess_input: modes "caffe" (BGR), "torch" (RGB) and "tf".
_BGR_MEAN = (103.939, 116.779, 123.68)
_RGB_MEAN = (0.485, 0.456, 0.406)
_RGB_SD = (0.229, 0.224, 0.225)
_KERAS = "keras.applications.imagenet_utils.preprocess_input"

_ROWS = (
    PixelConvention("caffe", (255.0,) * 3, (-103.939, -116.779, -123.68), "BGR", f"{_KERAS}, mode caffe"),
    PixelConvention(
        "torch",
        (1 / _RGB_SD[0], 1 / _RGB_SD[1], 1 / _RGB_SD[2]),
        (-_RGB_MEAN[0] / _RGB_SD[0], -_RGB_MEAN[1] / _RGB_SD[1], -_RGB_MEAN[2] / _RGB_SD[2]),
        "RGB",
        f"{_KERAS}, mode torch",
    ),
    PixelConvention("tf", (2.0,) * 3, (-1.0,) * 3, "RGB", f"{_KERAS}, mode tf"),
    PixelConvention(
        "tf128",
        (255 / 128,) * 3,
        (-1.0,) * 3,
        "RGB",
        "keras.applications.EfficientNetV2S: Rescaling(scale=1 / 128, offset=-1) of 0..255",
        near="tf",
    ),
    PixelConvention("zero_one", (1.0,) * 3, (0.0,) * 3, "RGB", "grey, unchanged"),
    # ImageDataGenerator calls its function before `rescale`, so the mean of 0..255 is subtracted first.
    PixelConvention(
        "radimagenet",
        (1.0,) * 3,
        (-_BGR_MEAN[0] / 255, -_BGR_MEAN[1] / 255, -_BGR_MEAN[2] / 255),
        "BGR",
        "scripts of BMEII-AI/RadImageNet: preprocess_input (mode caffe), then rescale by 1/255",
        # Those scripts fine-tune. Five issues of that repository ask which convention pre-training used, without an
        # answer; an audit of the files' batch norm statistics favors 0..1.
        alternative="zero_one",
    ),
)
CONVENTIONS = {row.name: row for row in _ROWS}
DISTINCT = tuple(row for row in _ROWS if not row.near)  # the conventions that images can tell apart


def convention(name: str) -> PixelConvention:
    """Return the convention called ``name``.

    Raises:
        ExperimentError: the name is unknown.
    """
    if name not in CONVENTIONS:
        known = ", ".join(CONVENTIONS)
        raise ExperimentError(f"Unknown pixel convention {name!r}{nearest(name, CONVENTIONS)}: use one of {known}.")
    return CONVENTIONS[name]


def to_network(grey: Any, convention: PixelConvention) -> Any:
    """Return images (B, H, W, 3), float32, in the convention of pre-training, from grey (B, H, W, 1) in 0..1."""
    scale = keras.ops.convert_to_tensor(convention.scale, dtype="float32")
    offset = keras.ops.convert_to_tensor(convention.offset, dtype="float32")
    return keras.ops.cast(grey, "float32") * scale + offset  # (B, H, W, 1) * (3,) -> (B, H, W, 3)


def check_first_batch(images: np.ndarray, convention: PixelConvention) -> None:
    """Check that a batch for the network is within the range of its convention.

    Raises:
        DataError: it is not, so the images were not grey 0..1 or were converted twice.
    """
    low, high = float(np.min(images)), float(np.max(images))
    slack = 1e-3 * (convention.high - convention.low)
    if not (low >= convention.low - slack and high <= convention.high + slack):  # also true for NaN
        raise DataError(
            f"The first batch has values in {low:g}..{high:g}, but the pixel convention {convention.name!r} allows "
            f"{convention.low:g}..{convention.high:g}: apply it once, to grey 0..1."
        )
