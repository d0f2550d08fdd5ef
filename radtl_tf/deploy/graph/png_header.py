"""Read the chunks of a PNG inside a TensorFlow graph."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from radtl_tf.data.decoding.images import PNG_START
from radtl_tf.deploy.graph.exif import is_upright
from radtl_tf.deploy.graph.file_bytes import MANY, number, starts_with

_START = PNG_START + b"\0\0\0\rIHDR"
_AROUND = 12  # bytes of a chunk around its content: length, name, CRC (PNG 3rd edition, 5.3)


class PngHeader(NamedTuple):
    """What a PNG says about its pixels: int64 scalars, and ``is_plain``.

    ``is_plain``: the file has no transparent color, animation or rotation, and the end of the file was found.
    ``significant`` is the first number of its sBIT chunk, 0 if none is before the pixels.
    """

    width: tf.Tensor
    height: tf.Tensor
    bits: tf.Tensor
    color_type: tf.Tensor
    significant: tf.Tensor
    is_plain: tf.Tensor


class _Walk(NamedTuple):
    """A step from chunk to chunk: the place and name of the next one, and what was found before."""

    at: tf.Tensor
    name: tf.Tensor
    significant: tf.Tensor
    exif: tf.Tensor
    is_plain: tf.Tensor
    before_pixels: tf.Tensor


def read_png_header(raw: tf.Tensor) -> PngHeader:
    """Return the header of a PNG from its bytes, ``raw`` (n,) uint8; no pixel is decoded.

    Raises:
        InvalidArgumentError: a chunk is outside the file.
    """
    first, yes = tf.constant(len(PNG_START), tf.int64), tf.constant(True)
    nothing = tf.constant(0, tf.int64)
    start = _Walk(first, number(raw, first + 4, 4), nothing, nothing, yes, yes)
    walk = tf.while_loop(
        lambda *walk: _Walk(*walk).name != _code(b"IEND"),
        lambda *walk: _step(raw, _Walk(*walk)),
        start,
        maximum_iterations=MANY,
    )
    upright = tf.cond(
        walk.exif > 0, lambda: is_upright(raw, walk.exif + 8, walk.exif + 8 + number(raw, walk.exif, 4)), lambda: yes
    )
    is_plain = walk.is_plain & upright & starts_with(raw, _START) & (walk.name == _code(b"IEND"))
    sizes = (number(raw, 16, 4), number(raw, 20, 4), number(raw, 24, 1), number(raw, 25, 1))
    return PngHeader(*sizes, walk.significant, is_plain)


def _code(name: bytes) -> int:
    return int.from_bytes(name)


def _step(raw: tf.Tensor, walk: _Walk) -> _Walk:
    """Take note of the chunk at ``walk.at``, and go to the next one of another length or name."""
    length, is_pixels = number(raw, walk.at, 4), walk.name == _code(b"IDAT")
    same = tf.cond(is_pixels, lambda: _alike(raw, walk.at, length), lambda: tf.constant(1, tf.int64))
    following = walk.at + same * (_AROUND + length)
    says_depth = walk.before_pixels & (walk.significant == 0) & (walk.name == _code(b"sBIT")) & (length > 0)
    return _Walk(
        following,
        number(raw, following + 4, 4),
        tf.where(says_depth, number(raw, walk.at + 8, 1), walk.significant),
        tf.where(walk.name == _code(b"eXIf"), walk.at, walk.exif),
        walk.is_plain & (walk.name != _code(b"tRNS")) & (walk.name != _code(b"acTL")),
        walk.before_pixels & ~is_pixels,
    )


def _alike(raw: tf.Tensor, at: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """Return how many chunks in a row have the length and name of the one at ``at``: a large PNG has thousands."""
    places = tf.range(at, tf.size(raw, tf.int64) - 7, _AROUND + length)
    heads = tf.gather(raw, places[:, tf.newaxis] + tf.range(8, dtype=tf.int64))  # (number, 8)
    same = tf.cast(tf.reduce_all(heads == heads[0], axis=1), tf.int64)
    return tf.reduce_sum(tf.math.cumprod(same))
