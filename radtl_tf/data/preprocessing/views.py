"""Two random views of a film for training without labels: a crop, another brightness and contrast, and no more.

Every number depends only on (seed, epoch, example, which view).
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from radtl_tf.data.preprocessing.geometry import transformed
from radtl_tf.data.preprocessing.hashed_draws import hashed_draws
from radtl_tf.data.preprocessing.policies import EXACT

_SMALLEST = 0.3  # of the area
_ASPECT = np.log(4 / 3)
_BRIGHTNESS, _CONTRAST = 0.2, 0.3
_NUM_DRAWS = 7


def view(images: tf.Tensor, which: int, seed: int, epoch: int, examples: tf.Tensor, *, flip: bool) -> tf.Tensor:
    """Return a random view of grey 0..1 (B, H, W, 1) in the same size and range; ``examples`` (B,) number the films.

    A crop of 30 to 100 % of the area (aspect 3:4 to 4:3, inside the image), contrast times 0.7 to 1.3 around the mean
    of the crop, brightness -0.2 to 0.2, clipped to 0..1. With ``flip`` half of the views are mirrored.
    """
    with tf.device(EXACT):
        draws = hashed_draws(tf.cast(examples, tf.int64), which, epoch, seed, number=_NUM_DRAWS)
        transforms = _crops(draws, tf.cast(tf.shape(images)[1:3], tf.float32), flip=flip)
    cropped = transformed(images, transforms)
    brightness, contrast = tf.unstack(draws[:, 5:, tf.newaxis, tf.newaxis, tf.newaxis], axis=1)
    mean = tf.reduce_mean(cropped, axis=[1, 2, 3], keepdims=True)
    changed = (cropped - mean) * (1 + _CONTRAST * contrast) + mean + _BRIGHTNESS * brightness
    return tf.ensure_shape(tf.clip_by_value(changed, 0.0, 1.0), images.shape)


def _crops(draws: tf.Tensor, side: tf.Tensor, *, flip: bool) -> tf.Tensor:
    """Return (B, 8), output to input coordinates: the box of each crop, scaled to the whole image."""
    area, aspect, right, down, coin = tf.unstack(draws[:, :5], axis=1)
    area = _SMALLEST + (1 - _SMALLEST) * (area + 1) / 2
    wide = tf.exp(_ASPECT * aspect / 2)
    zoom_x, zoom_y = tf.minimum(tf.sqrt(area) * wide, 1.0), tf.minimum(tf.sqrt(area) / wide, 1.0)
    x = (right + 1) / 2 * (1 - zoom_x) * (side[1] - 1)
    y = (down + 1) / 2 * (1 - zoom_y) * (side[0] - 1)
    if flip:
        x = tf.where(coin < 0, x + zoom_x * (side[1] - 1), x)
        zoom_x = tf.where(coin < 0, -zoom_x, zoom_x)
    zero = tf.zeros_like(x)
    return tf.stack([zoom_x, zero, x, zero, zoom_y, y, zero, zero], axis=1)
