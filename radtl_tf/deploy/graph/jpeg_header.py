"""Read the segments of a JPEG inside a TensorFlow graph."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from radtl_tf.deploy.graph.exif import is_upright
from radtl_tf.deploy.graph.file_bytes import MANY, number, starts_with

_SCAN, _APP1 = 0xDA, 0xE1
_SEQUENTIAL, _FRAMES = (0xC0, 0xC1), (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive (ITU-T T.81 B.1)
_EXIF = b"Exif\0\0"
_ROTATED = r"\C*tiff:Orientation(=\"|>)[2-8]\C*"  # in XMP; \C is any byte
_END = b"\xff\xd9"
_FILLS = (bytes(16), bytes(37 * place % 251 for place in range(64)))  # where a scan is incomplete, they count as pixels


class JpegHeader(NamedTuple):
    """What a JPEG says about its pixels: int64 scalars, and ``is_plain``.

    ``scan`` is the place of the first scan. ``is_plain``: 8 bits, grey or three channels, upright, and a kind of JPEG
    that every decoder reads.
    """

    width: tf.Tensor
    height: tf.Tensor
    marker: tf.Tensor
    scan: tf.Tensor
    is_plain: tf.Tensor


class _Walk(NamedTuple):
    """A step from segment to segment: the place of the next one, and the places of those that count."""

    at: tf.Tensor
    frame: tf.Tensor
    exif: tf.Tensor
    is_plain: tf.Tensor


def read_jpeg_header(data: tf.Tensor, raw: tf.Tensor) -> JpegHeader:
    """Return the header of a JPEG from ``data``, a string, and its bytes ``raw`` (n,) uint8; no pixel is decoded.

    Raises:
        InvalidArgumentError: a segment is outside the file.
    """
    yes, nothing = tf.constant(True), _int64(0)
    walk = tf.while_loop(
        lambda *walk: number(raw, _Walk(*walk).at, 2) != 0xFF00 + _SCAN,
        lambda *walk: _step(raw, _Walk(*walk)),
        _Walk(_int64(2), nothing, nothing, yes),
        maximum_iterations=MANY,
    )
    upright = tf.cond(walk.exif > 0, lambda: _is_upright(raw, walk.exif), lambda: yes)
    rotated = tf.strings.regex_full_match(tf.strings.substr(data, _int64(0), walk.at), _ROTATED)
    marker, bits, channels = (number(raw, walk.frame + place, 1) for place in (1, 4, 9))
    common = (walk.frame > 0) & (bits == 8) & ((channels == 1) | (channels == 3)) & _is_one_of(marker, _FRAMES)
    ended = number(raw, walk.at + 1, 1) == _SCAN
    height, width = (number(raw, walk.frame + place, 2) for place in (5, 7))
    return JpegHeader(width, height, marker, walk.at, walk.is_plain & upright & ~rotated & common & ended)


def with_fills(data: tf.Tensor, raw: tf.Tensor, header: JpegHeader) -> tuple[tf.Tensor, tf.Tensor]:
    """Return a JPEG with two endings. Both give the same pixels, unless its scan holds less than its header claims.

    At an early end, libjpeg fills the missing part with grey. ``data.decoding.jpeg_headers.without_end`` finds such a
    file by an error, which TensorFlow also gives for other files. This works only for a single sequential scan; the
    endings of other files are the same.

    Raises:
        InvalidArgumentError: the file has no end.
    """
    end = header.scan + _find(raw[header.scan :], 0xD9)
    again = raw[header.scan + 2 : end]
    single = _is_one_of(header.marker, _SEQUENTIAL) & ~tf.reduce_any(_pairs(again, _SCAN))
    body = tf.strings.substr(data, _int64(0), end)
    first, second = (tf.strings.join([body, fill, _END]) for fill in _FILLS)
    return tf.cond(single, lambda: (first, second), lambda: (data, data))


def _step(raw: tf.Tensor, walk: _Walk) -> _Walk:
    """Take note of the segment at ``walk.at``, and go to the next one; any number of 0xFF may precede a marker."""
    marker, length = number(raw, walk.at + 1, 1), number(raw, walk.at + 2, 2)
    is_frame = (marker >= 0xC0) & (marker <= 0xCF) & ~_is_one_of(marker, (0xC4, 0xC8, 0xCC))
    is_exif = (walk.exif == 0) & (marker == _APP1) & starts_with(raw, _EXIF, walk.at + 4)
    return _Walk(
        walk.at + tf.where(marker == 0xFF, _int64(1), 2 + length),
        tf.where(is_frame, walk.at, walk.frame),
        tf.where(is_exif, walk.at, walk.exif),
        walk.is_plain & (number(raw, walk.at, 1) == 0xFF),
    )


def _int64(value: int) -> tf.Tensor:
    return tf.constant(value, tf.int64)


def _is_upright(raw: tf.Tensor, segment: tf.Tensor) -> tf.Tensor:
    return is_upright(raw, segment + 4 + len(_EXIF), segment + 2 + number(raw, segment + 2, 2))


def _is_one_of(marker: tf.Tensor, known: tuple[int, ...]) -> tf.Tensor:
    return tf.reduce_any(marker == tf.constant(known, tf.int64))


def _pairs(raw: tf.Tensor, second: int) -> tf.Tensor:
    """Return where ``raw`` (n,) holds 0xFF and then ``second``: (n - 1,) booleans."""
    return (raw[:-1] == 0xFF) & (raw[1:] == second)


def _find(raw: tf.Tensor, second: int) -> tf.Tensor:
    """Return the first place of 0xFF and then ``second``."""
    found = tf.cast(_pairs(raw, second), tf.uint8)
    place = tf.argmax(found)
    with tf.control_dependencies([tf.debugging.Assert(found[place] == 1, ["the end of the JPEG is missing"])]):
        return tf.identity(place)
