"""The header of a PNG is read without decoding a pixel."""

from __future__ import annotations

import runpy
import struct
from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf

from radtl_tf.deploy.graph.png_header import PngHeader, read_png_header

files = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("image_files.py"))))
GRAPH = tf.function(read_png_header, input_signature=[tf.TensorSpec((None,), tf.uint8)])
GREY = files.SCORED["8-bit grey PNG"]


def header(data: bytes) -> PngHeader:
    return PngHeader(*(value.numpy() for value in GRAPH(tf.io.decode_raw(data, tf.uint8))))


def test_a_header_gives_size_and_layout() -> None:
    assert header(GREY) == (30, 24, 8, 0, 0, True)
    assert header(files.SCORED["16-bit color PNG"]) == (9, 7, 16, 2, 0, True)
    assert header(files.SCORED["palette of 2 bits"]) == (7, 5, 2, 3, 0, True)


def test_significant_bits_count_before_the_pixels_only() -> None:
    assert header(files.with_chunk(GREY, b"sBIT", b"\x07")).significant == 7
    assert header(files.with_chunk(GREY, b"sBIT", b"\x07", last=True)).significant == 0
    assert header(files.with_chunk(files.with_chunk(GREY, b"sBIT", b"\x06"), b"sBIT", b"\0")).significant == 6
    assert header(files.with_chunk(GREY, b"sBIT", b"")).significant == 0


@pytest.mark.parametrize("name", [b"tRNS", b"acTL"])
@pytest.mark.parametrize("last", [False, True])
def test_transparency_and_animations_are_not_plain(name: bytes, last: bool) -> None:
    assert not header(files.with_chunk(GREY, name, bytes(8), last=last)).is_plain
    assert header(files.with_chunk(GREY, b"tEXt", b"words\0" + name, last=last)).is_plain


def test_a_rotated_image_is_not_plain() -> None:
    assert header(files.SCORED["PNG, upright EXIF"]).is_plain
    assert not header(files.REFUSED_BY_THE_GRAPH["PNG, EXIF at its end"]).is_plain


def test_many_chunks_of_one_length_are_one_step() -> None:
    noise = files.RANDOM.integers(0, 256, (200, 200)).astype("uint8")
    data = files.split_pixels(files.png_of(noise, 8), 7)
    assert data.count(b"IDAT") > 5000
    assert header(data).is_plain


def test_a_file_of_too_many_different_chunks_is_not_plain() -> None:
    data = GREY
    for number in range(1100):
        data = files.with_chunk(data, b"tEXt", bytes(1 + number % 2))
    assert not header(data).is_plain


@pytest.mark.parametrize("data", [b"", GREY[:20], GREY[:-12], GREY[:33] + struct.pack(">I", 2**32 - 1) + GREY[37:]])
def test_a_chunk_outside_the_file_is_an_error(data: bytes) -> None:
    with tf.device("CPU"), pytest.raises(tf.errors.InvalidArgumentError):
        header(data)
