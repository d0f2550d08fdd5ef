"""PNG and JPEG files to grey inside a TensorFlow graph, equal to ``data.decoding.images.decode_bytes``."""

from __future__ import annotations

import tensorflow as tf

from radtl_tf.data.decoding.depth import GREY_PNG, WHITE
from radtl_tf.data.decoding.grey import GREY_WEIGHTS, MAX_PIXELS
from radtl_tf.deploy.graph.file_bytes import checked
from radtl_tf.deploy.graph.jpeg_header import read_jpeg_header, with_fill, without_rest
from radtl_tf.deploy.graph.png_header import read_png_header

JPEG_START = b"\xff\xd8\xff"
_PALETTE = 3  # color type of a PNG
_Image = tuple[tf.Tensor, tf.Tensor, tf.Tensor]  # grey, its bits, and how many of them are significant


def decode_grey(data: tf.Tensor, depth: int | None = None) -> tf.Tensor:
    """Return uint16 grey (H, W, 1) of a PNG or JPEG, with ``depth`` as of ``decode_bytes``.

    It gives the pixels of ``decode_bytes``, or refuses the file. It also refuses files that ``decode_bytes`` can treat:
    other formats, an EXIF orientation, a PNG with a transparent color (tRNS), unusual kinds of JPEG. Two kinds of
    damage are not found: a wrong checksum of a chunk without pixels, and a JPEG that ends early within its last block.

    Raises:
        InvalidArgumentError: the file is refused.
    """
    is_jpeg = tf.strings.substr(data, 0, len(JPEG_START)) == JPEG_START
    grey, bits, significant = tf.cond(is_jpeg, lambda: _jpeg(data), lambda: _png(data))
    if depth is not None:
        return tf.cond(bits > depth, lambda: _scaled(grey, bits, tf.constant(depth)), lambda: grey)
    fewer = (significant > 0) & (significant < bits)
    low = tf.cond(fewer, lambda: _is_low_aligned(grey, bits, significant), lambda: False)
    return tf.cond(low, lambda: _scaled(grey, bits, significant), lambda: grey)


def _jpeg(data: tf.Tensor) -> _Image:
    raw = tf.io.decode_raw(data, tf.uint8)
    header = read_jpeg_header(data, raw)
    is_usual = header.is_plain & _fits(header.height, header.width)
    whole = checked(without_rest(data, header), is_usual, "not a JPEG that the graph can decode")
    color = _decode_jpeg(whole)
    doubtful = ~header.is_single | _ends_grey(color)
    same = tf.cond(
        doubtful, lambda: tf.reduce_all(color == _decode_jpeg(with_fill(whole, header))), lambda: tf.constant(True)
    )
    color = checked(color, same, "the JPEG is truncated")
    return _to_grey(tf.cast(color, tf.uint16) * 257), tf.constant(8), tf.constant(0)


def _ends_grey(color: tf.Tensor) -> tf.Tensor:
    """Tell whether the last block of a JPEG is of a middle grey, as libjpeg fills what is missing in a scan."""
    height, width = tf.shape(color)[0], tf.shape(color)[1]
    block = tf.cast(color[(height - 1) // 8 * 8 :, (width - 1) // 8 * 8 :], tf.uint16)
    grey = tf.cast(_to_grey(block), tf.int32)
    return tf.reduce_max(tf.abs(grey - 128)) <= 2


def _decode_jpeg(data: tf.Tensor) -> tf.Tensor:
    return tf.io.decode_jpeg(data, dct_method="INTEGER_ACCURATE")


def _png(data: tf.Tensor) -> _Image:
    """Decode a PNG; the values of a palette always use all bits."""
    header = read_png_header(tf.io.decode_raw(data, tf.uint8))
    whole = checked(data, header.is_plain & _fits(header.height, header.width), "not a PNG that the graph can decode")
    color = tf.io.decode_png(whole, dtype=tf.uint16)
    bits, significant = tf.cast(header.bits, tf.int32), tf.cast(header.significant, tf.int32)
    is_grey = tf.reduce_any(header.color_type == tf.constant(GREY_PNG, tf.int64)) & ((bits == 8) | (bits == 16))
    return _to_grey(color), tf.where(header.color_type == _PALETTE, 0, bits), tf.where(is_grey, significant, 0)


def _fits(height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    return (height > 0) & (width > 0) & (height * width <= MAX_PIXELS)


def _to_grey(color: tf.Tensor) -> tf.Tensor:
    """Return uint16 grey (H, W, 1) of (H, W, C): grey, or red, green and blue, each with an opaque alpha or without."""
    channels = tf.shape(color)[2]
    opaque = tf.cond(channels % 2 == 0, lambda: tf.reduce_all(color[..., -1] == WHITE), lambda: True)
    color = checked(color, opaque, "the image has transparent pixels")
    return tf.cond(channels < 3, lambda: color[..., :1], lambda: _weighted(color))


def _weighted(color: tf.Tensor) -> tf.Tensor:
    total = sum(GREY_WEIGHTS)
    parts = [tf.cast(color[..., place, tf.newaxis], tf.int32) * weight for place, weight in enumerate(GREY_WEIGHTS)]
    return tf.cast((tf.add_n(parts) + total // 2) // total, tf.uint16)


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
    values = checked(values, tf.reduce_max(values) <= top, "the image holds values above the depth of the model")
    return tf.cast((values * WHITE + top // 2) // top, tf.uint16)
