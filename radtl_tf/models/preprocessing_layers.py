"""Turn grey 0..1 into the input of a backbone with stock Keras layers, so that a saved model runs without radtl_tf."""

from __future__ import annotations

import re
from typing import Any

import keras

from radtl_tf.errors import ExperimentError, nearest
from radtl_tf.models.pixels import convention
from radtl_tf.records.image_size import sides

# The keys are the values of ``training.resize``. Keras pads and then resizes, ``data.preprocessing`` resizes and then
# pads, so the edge of a film that is not square differs in about two rows or columns of pixels.
_RESIZES: dict[str, dict[str, Any]] = {
    "pad": {"interpolation": "bilinear", "antialias": True, "pad_to_aspect_ratio": True},
    "stretch": {"interpolation": "bilinear", "antialias": True},
    "published": {"interpolation": "nearest"},
}
_FLOAT32 = "float32"  # independent of the network's precision, since half precision rounds grey values


def preprocessing_layers(pixels: str, size: int | str, resize: str) -> keras.Sequential:
    """Return stock layers from grey (B, H, W, 1) or (B, H, W, 3), float32 in 0..1, to (B, R, C, 3) in ``pixels``.

    R and C are height and width of ``size``. Of three channels, which are equal in a grey image, the largest
    value is used.

    Raises:
        ExperimentError: the convention or resize is unknown, or ``size`` is not positive.
    """
    chosen = convention(pixels)
    if resize not in _RESIZES:
        raise ExperimentError(
            f"unknown resize {resize!r}{nearest(resize, _RESIZES)}: use one of {', '.join(_RESIZES)}."
        )
    height, width = _checked_sides(size)
    layers = keras.layers
    model = keras.Sequential(
        [
            _resizing(height, width, resize),
            layers.Reshape((height * width, -1), dtype=_FLOAT32),
            layers.GlobalMaxPooling1D(data_format="channels_first", dtype=_FLOAT32),  # over the channels
            layers.RepeatVector(3, dtype=_FLOAT32),
            layers.Permute((2, 1), dtype=_FLOAT32),
            layers.Reshape((height, width, 3), dtype=_FLOAT32),
            layers.Rescaling(list(chosen.scale), list(chosen.offset), dtype=_FLOAT32),
        ],
        name=f"preprocess_{pixels}",
    )
    model.dtype_policy = _FLOAT32  # the model casts its input
    return model


def _checked_sides(size: int | str) -> tuple[int, int]:
    pattern = r"[1-9]\d*" if type(size) is int else r"[1-9]\d*x[1-9]\d*"
    if not re.fullmatch(pattern, str(size)):
        raise ExperimentError(
            f"size = {size!r} is out of range: give a whole number of pixels, at least 1, or height x width "
            "such as '256x512'."
        )
    return sides(size)


def _resizing(height: int, width: int, resize: str) -> keras.Model:
    """Return the layer that resizes, called with ``training=False``.

    By default Keras calls it with ``training=True`` and passes that on to all later layers: ``model(images)`` would
    update the batch norms of a backbone behind it. ``fit`` still trains every layer.
    """
    images = keras.Input((None, None, None), dtype=_FLOAT32)
    layer = keras.layers.Resizing(height, width, data_format="channels_last", dtype=_FLOAT32, **_RESIZES[resize])
    model = keras.Model(images, layer(images, training=False), name="resize")
    model.dtype_policy = _FLOAT32
    return model
