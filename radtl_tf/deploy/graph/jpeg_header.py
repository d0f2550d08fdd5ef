"""Read the segments of a JPEG inside a TensorFlow graph."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from radtl_tf.deploy.graph.exif import is_upright
from radtl_tf.deploy.graph.file_bytes import MANY, number, starts_with

_SCAN, _TABLE, _APP1 = 0xDA, 0xC4, 0xE1
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive (ITU-T T.81 B.1)
_COEFFICIENTS = 64  # of a block
_EXIF = b"Exif\0\0"
_ROTATED = r"\C*tiff:Orientation(=\"|>)[2-8]\C*"  # in XMP; \C is any byte
_END = b"\xff\xd9"
_NOISE = bytes(37 * place % 251 for place in range(64))
# Pixels for a scan that is incomplete. It holds every restart marker, since a scan may wait for one.
_FILL = _NOISE + b"".join(bytes([0xFF, 0xD0 + place]) + _NOISE for place in range(8))


class JpegHeader(NamedTuple):
    """What a JPEG says about its pixels: int64 scalars, and ``is_plain``.

    ``scan`` is the place of the first scan, ``end`` of the end marker. ``is_single``: there is one scan.
    ``is_plain``: 8 bits, grey or three channels, upright, a kind of JPEG that every decoder reads, no scan missing.
    """

    width: tf.Tensor
    height: tf.Tensor
    scan: tf.Tensor
    end: tf.Tensor
    is_single: tf.Tensor
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
        InvalidArgumentError: a segment is outside the file, or the end marker is missing.
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
    walked = number(raw, walk.at + 1, 1) == _SCAN
    end = walk.at + _find(raw[walk.at :], 0xD9)
    number_of_scans, covered = _scans(raw[walk.at : end])
    complete = covered == channels * _COEFFICIENTS
    is_plain = walk.is_plain & walked & common & complete & upright & ~rotated
    height, width = (number(raw, walk.frame + place, 2) for place in (5, 7))
    return JpegHeader(width, height, walk.at, end, number_of_scans == 1, is_plain)


def without_rest(data: tf.Tensor, header: JpegHeader) -> tf.Tensor:
    """Return a JPEG without what follows its end."""
    return tf.strings.substr(data, _int64(0), header.end + len(_END))


def with_fill(data: tf.Tensor, header: JpegHeader) -> tf.Tensor:
    """Return a JPEG that has the same pixels, unless its last scan is incomplete: then noise continues it.

    At an early end, libjpeg fills the missing part with grey. ``data.decoding.jpeg_headers.without_end`` finds such a
    file by an error of Pillow, which TensorFlow also gives for complete files.
    """
    return tf.strings.join([tf.strings.substr(data, _int64(0), header.end), _FILL, _END])


def _scans(raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the number of scans in ``raw`` (n,), and how many coefficients of a block they hold with their lowest bit.

    The latter is 64 for each channel of a complete image (ITU-T T.81 B.2.3, G.1).
    """
    places = tf.where(_pairs(raw, _SCAN))  # (S, 1)
    channels = tf.cast(tf.gather(raw, places + 4), tf.int64)
    after = places + 5 + 2 * channels
    first, last, low = (tf.cast(tf.gather(raw, after + place), tf.int64) for place in range(3))
    complete = tf.where(low % 16 == 0, channels * (last - first + 1), _int64(0))
    return tf.size(places), tf.where(_any_in_a_table(raw, places), _int64(0), tf.reduce_sum(complete))


def _any_in_a_table(raw: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """Tell whether one of ``places`` (S, 1) is inside a Huffman table, which is then damaged: its length is wrong."""
    starts = tf.where(_pairs(raw, _TABLE))[:, 0]  # (T,)
    high, low = (tf.cast(tf.gather(raw, starts + place), tf.int64) for place in (2, 3))
    return tf.reduce_any((places > starts) & (places < starts + 2 + 256 * high + low))


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
