"""Find out in a TensorFlow graph whether an image is upright, as its EXIF data say."""

from __future__ import annotations

import tensorflow as tf

from radtl_tf.deploy.graph.file_bytes import number, starts_with

_ORIENTATION, _SHORT = 0x0112, 3  # the tag and the type of its value (CIPA DC-008, 4.6.4)
_ENTRY = 12  # bytes of an entry: tag, type, count, value (TIFF 6.0, section 2)
_LITTLE, _BIG = b"II*\0", b"MM\0*"


def is_upright(raw: tf.Tensor, start: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
    """Tell whether the EXIF data in ``raw[start:end]``, from the TIFF header on, leave an image as it is stored.

    False also means that they are too unusual to tell. ``data.decoding`` would turn the image upright.
    """
    little = starts_with(raw, _LITTLE, start)
    known = little | starts_with(raw, _BIG, start)
    return tf.cond(known, lambda: _first_directory(raw[start:end], little), lambda: tf.constant(False))


def _first_directory(tiff: tf.Tensor, little: tf.Tensor) -> tf.Tensor:
    """Tell whether every entry of the orientation in the first directory of ``tiff`` (n,) is 1, or 0 for unknown."""
    directory = number(tiff, 4, 4, little)
    count = number(tiff, directory, 2, little)
    entries = tf.reshape(tiff[directory + 2 : directory + 2 + _ENTRY * count], (-1, _ENTRY))
    pairs = tf.cast(tf.reshape(entries, (-1, _ENTRY // 2, 2)), tf.int32)
    words = tf.where(little, pairs[..., 0] + 256 * pairs[..., 1], 256 * pairs[..., 0] + pairs[..., 1])  # (count, 6)
    counted = tf.where(little, words[:, 2], words[:, 3])
    is_simple = (words[:, 1] == _SHORT) & (counted == 1) & (words[:, 4] <= 1)
    return tf.reduce_all((words[:, 0] != _ORIENTATION) | is_simple)
