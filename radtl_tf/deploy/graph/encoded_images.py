"""PNG and JPEG files to grey inside a TensorFlow graph, equal to ``data.decoding.images.decode_bytes``."""

from __future__ import annotations

import tensorflow as tf

from radtl_tf.data.decoding.depth import GREY_PNG, WHITE
from radtl_tf.data.decoding.grey import GREY_WEIGHTS

JPEG_START = b"\xff\xd8"
_BITS_AT = 24  # of a PNG: a byte of depth, then one of the color type (PNG 3rd edition, 11.2.1)
_FIRST_CHUNK, _PALETTE = 8, 3
_PLACES = (1 << 24, 1 << 16, 1 << 8, 1)


def decode_grey(data: tf.Tensor, depth: int | None = None) -> tf.Tensor:
    """Return uint16 grey (H, W, 1) of a PNG or JPEG, with ``depth`` as of ``decode_bytes``.

    A value above the depth, and every other format, is an ``InvalidArgumentError``. Two things are beyond the graph:
    an EXIF orientation is not applied, and transparency is dropped, not refused.
    """
    is_jpeg = tf.strings.substr(data, 0, len(JPEG_START)) == JPEG_START
    color = tf.cond(
        is_jpeg,
        lambda: tf.cast(tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE"), tf.uint16) * 257,
        lambda: tf.io.decode_png(data, channels=3, dtype=tf.uint16),
    )
    weighted = tf.reduce_sum(tf.cast(color, tf.int32) * tf.constant(GREY_WEIGHTS, tf.int32), axis=-1, keepdims=True)
    total = sum(GREY_WEIGHTS)
    grey = tf.cast((weighted + total // 2) // total, tf.uint16)
    bits, kind = tf.cond(is_jpeg, lambda: (8, 0), lambda: _layout(data))
    if depth is not None:
        fewer = (bits > depth) & (kind != _PALETTE)
        return tf.cond(fewer, lambda: _scaled(grey, bits, tf.constant(depth)), lambda: grey)
    significant = tf.cond(is_jpeg, lambda: 0, lambda: _significant_bits(data))
    is_grey = tf.reduce_any(kind == tf.constant(GREY_PNG)) & ((bits == 8) | (bits == 16))
    fewer = is_grey & (significant > 0) & (significant < bits)
    low = tf.cond(fewer, lambda: _is_low_aligned(grey, bits, significant), lambda: False)
    return tf.cond(low, lambda: _scaled(grey, bits, significant), lambda: grey)


def _layout(data: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return depth and color type of a PNG."""
    said = tf.cast(tf.io.decode_raw(tf.strings.substr(data, _BITS_AT, 2), tf.uint8), tf.int32)
    return said[0], said[1]


def _significant_bits(data: tf.Tensor) -> tf.Tensor:
    """Return the first number of the sBIT chunk of a PNG, 0 where it has none before its pixels."""
    size = tf.strings.length(data)

    def name(at: tf.Tensor) -> tf.Tensor:
        return tf.strings.substr(data, tf.minimum(at + 4, size), 4)

    def is_before_pixels(at: tf.Tensor, found: tf.Tensor) -> tf.Tensor:
        return (found == 0) & (at + 12 < size) & (name(at) != b"IDAT")

    def step(at: tf.Tensor, found: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        length = tf.reduce_sum(_bytes(data, at, 4) * tf.constant(_PLACES))
        said = tf.where((name(at) == b"sBIT") & (length > 0), _bytes(data, at + 8, 1)[0], 0)
        return at + 12 + tf.maximum(length, 0), said

    return tf.while_loop(is_before_pixels, step, (tf.constant(_FIRST_CHUNK), tf.constant(0)))[1]


def _bytes(data: tf.Tensor, at: tf.Tensor, number: int) -> tf.Tensor:
    return tf.cast(tf.io.decode_raw(tf.strings.substr(data, at, number), tf.uint8), tf.int32)


def _step(bits: tf.Tensor) -> tf.Tensor:
    return tf.where(bits == 8, 257, 1)


def _is_low_aligned(grey: tf.Tensor, bits: tf.Tensor, significant: tf.Tensor) -> tf.Tensor:
    values = tf.cast(grey, tf.int32) // _step(bits)
    empty = tf.bitwise.left_shift(1, bits - significant) - 1
    below = tf.reduce_max(values) < tf.bitwise.left_shift(1, significant)
    return below & tf.reduce_any(tf.bitwise.bitwise_and(values, empty) != 0)


def _scaled(grey: tf.Tensor, bits: tf.Tensor, depth: tf.Tensor) -> tf.Tensor:
    top = tf.cast((tf.bitwise.left_shift(1, depth) - 1) * _step(bits), tf.int64)
    values = tf.cast(grey, tf.int64)
    largest = tf.reduce_max(values)
    checked = tf.debugging.assert_less_equal(largest, top, "the image holds values above the depth of the model")
    with tf.control_dependencies([checked]):
        return tf.cast((values * WHITE + top // 2) // top, tf.uint16)
