"""Augment an image in TensorFlow by a random transform that depends only on seed, epoch and example."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from radtl_tf.data.preprocessing.geometry import transformed
from radtl_tf.data.preprocessing.hashed_draws import hashed_draws
from radtl_tf.data.preprocessing.policies import EXACT, policy_of

_SHIFT, _ZOOM = 0.1, 0.1  # of the side; as in the public scripts of Mei et al. 2022
_NUM_DRAWS = 7
_SHEAR, _TURN = np.deg2rad(0.1), np.deg2rad(10.0)


def augment(
    image: tf.Tensor, policy: str, seed: int | tf.Tensor, epoch: int | tf.Tensor, example: int | tf.Tensor
) -> tf.Tensor:
    """Move an image (H, W, 1), or a batch with one ``example`` number per image, by a random projective transform.

    The draw depends only on (seed, epoch, example). ``published``: Mei et al. 2022 (shift and zoom .1, shear .1
    degrees, rotation 10 degrees, horizontal flip, edges repeated); ``laterality-safe``: the same without the flip.
    """
    flips = policy_of(policy, AUGMENTATIONS, "augmentation")
    image = tf.convert_to_tensor(image)
    if flips is None:
        return image
    examples = tf.reshape(tf.cast(example, tf.int64), [-1])
    batch = tf.reshape(image, tf.concat([tf.shape(examples), tf.shape(image)[-3:]], axis=0))
    side = tf.cast(tf.shape(image)[-3:-1], tf.float32)
    with tf.device(EXACT):
        transforms = _transforms(hashed_draws(examples, epoch, seed, number=_NUM_DRAWS), side[0], side[1], flips=flips)
    moved = transformed(batch, transforms)
    return tf.ensure_shape(tf.reshape(moved, tf.shape(image)), image.shape)


AUGMENTATIONS: dict[str, bool | None] = {"none": None, "laterality-safe": False, "published": True}  # whether it flips


def _transforms(draws: tf.Tensor, height: tf.Tensor, width: tf.Tensor, *, flips: bool) -> tf.Tensor:
    """Return (B, 8), output to input coordinates: rotation x shift x shear x zoom about the center, then the flip.

    The product is the same as in Keras' ImageDataGenerator, written out: with angles t and s, the linear part in (x, y)
    is ((cos t, -sin(t + s)), (sin t, cos(t + s))) times the zoom of each axis.
    """
    turn, shear, right, down, zoom_x, zoom_y, coin = tf.unstack(draws, axis=1)
    turn, shear = turn * _TURN, shear * _SHEAR
    right, down = right * _SHIFT * width, down * _SHIFT * height
    zoom_x, zoom_y = 1 + zoom_x * _ZOOM, 1 + zoom_y * _ZOOM
    zoom_x *= tf.where(coin < 0, -1.0, 1.0) if flips else 1.0
    sine, cosine = tf.sin(turn), tf.cos(turn)
    xx, xy = cosine * zoom_x, -tf.sin(turn + shear) * zoom_y
    yx, yy = sine * zoom_x, tf.cos(turn + shear) * zoom_y
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    x = middle_x + cosine * right - sine * down - xx * middle_x - xy * middle_y
    y = middle_y + sine * right + cosine * down - yx * middle_x - yy * middle_y
    zero = tf.zeros_like(x)
    return tf.stack([xx, xy, x, yx, yy, y, zero, zero], axis=1)
