"""Pixel conventions: the range, channel order and mean of the images that weights were pre-trained on.

Each is an affine function of grey 0..1, so it can be the first layer of an exported model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
_NORMALIZED = re.compile(r"mean([0-9._]+)sd([0-9._]+)")
CONVENTIONS = {row.name: row for row in _ROWS}
DISTINCT = tuple(row for row in _ROWS if not row.near)  # the conventions that images can tell apart


def convention(name: str) -> PixelConvention:
    """Return the convention called ``name``, one of ``CONVENTIONS`` or a name of ``normalized_name``.

    Raises:
        ExperimentError: the name is unknown.
    """
    if match := _NORMALIZED.fullmatch(name):
        return _normalized(name, *match.groups())
    if name not in CONVENTIONS:
        known = ", ".join(CONVENTIONS)
        raise ExperimentError(f"Unknown pixel convention {name!r}{nearest(name, CONVENTIONS)}: use one of {known}.")
    return CONVENTIONS[name]


def normalized_name(mean: Sequence[float], sd: Sequence[float]) -> str:
    """Return the name of the convention ``(rgb - mean) / sd`` for red, green and blue in 0..1.

    >>> normalized_name([0.5307] * 3, [0.2583] * 3)
    'mean0.5307sd0.2583'
    >>> normalized_name([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    'torch'

    Raises:
        ValueError: they are not three numbers each, a mean is outside of 0..1, or an SD is not positive.
    """
    known: dict[tuple[tuple[float, ...], ...], str] = {
        (_RGB_MEAN, _RGB_SD): "torch",
        ((0.5,) * 3, (0.5,) * 3): "tf",
        ((0.0,) * 3, (1.0,) * 3): "zero_one",
    }
    values = tuple(map(float, mean)), tuple(map(float, sd))
    if any(len(each) != 3 for each in values) or not all(0 <= one <= 1 for one in values[0]):
        raise ValueError(f"mean {mean} is not three numbers of 0..1")
    if not all(1e-3 <= one <= 10 for one in values[1]):
        raise ValueError(f"SD {sd} is not three numbers of 0.001..10")
    return known.get(values) or "mean{}sd{}".format(*("_".join(map(_written, _shortened(each))) for each in values))


def _shortened(values: tuple[float, ...]) -> tuple[float, ...]:
    return values if len(set(values)) > 1 else values[:1]


def _written(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _normalized(name: str, *texts: str) -> PixelConvention:
    """Return the convention of a name; a single number holds for all channels."""
    try:
        mean, sd = ([float(text) for text in each.split("_")] for each in texts)
        mean, sd = (each * 3 if len(each) == 1 else each for each in (mean, sd))
        normalized_name(mean, sd)  # checks the numbers
    except ValueError as error:
        raise ExperimentError(f"Pixel convention {name!r} cannot be read: {error}.") from None
    scale, offset = [1 / one for one in sd], [-center / one for center, one in zip(mean, sd, strict=True)]
    return PixelConvention(
        name, (scale[0], scale[1], scale[2]), (offset[0], offset[1], offset[2]), "RGB", "the file of the weights"
    )


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
