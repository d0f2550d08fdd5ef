"""The header of a JPEG is read without decoding a pixel."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf

from radtl_tf.data.decoding.jpeg_headers import read_frame
from radtl_tf.deploy.graph.jpeg_header import JpegHeader, read_jpeg_header, with_fill, without_rest

files = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("image_files.py"))))
GRAPH = tf.function(read_jpeg_header, input_signature=[tf.TensorSpec((), tf.string), tf.TensorSpec((None,), tf.uint8)])
JPEGS = [name for name, data in files.SCORED.items() if data.startswith(b"\xff\xd8")]
COLOR = files.SCORED["color JPEG"]


def header(data: bytes) -> JpegHeader:
    return JpegHeader(*(value.numpy() for value in GRAPH(tf.constant(data), tf.io.decode_raw(data, tf.uint8))))


@pytest.mark.parametrize("name", JPEGS)
def test_a_header_is_read_as_the_package_reads_it(name: str) -> None:
    data = files.SCORED[name]
    found, expected = header(data), read_frame(data)
    assert (found.height, found.width, found.scan) == (expected.height, expected.width, expected.scan)
    assert data[found.end :].startswith(b"\xff\xd9") and found.is_plain


@pytest.mark.parametrize(
    "data",
    [
        files.REFUSED_EVERYWHERE["CMYK JPEG"],
        files.REFUSED_BY_THE_GRAPH["JPEG, XMP"],
        files.REFUSED_BY_THE_GRAPH["JPEG, EXIF 6"],
        files.REFUSED_BY_THE_GRAPH["JPEG, EXIF after another segment"],
        COLOR.replace(b"\xff\xc0", b"\xff\xc9"),
        COLOR.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c"),
    ],
    ids=["CMYK", "XMP", "EXIF", "later EXIF", "arithmetic", "12 bits"],
)
def test_unusual_files_are_not_plain(data: bytes) -> None:
    assert not header(data).is_plain


def test_a_file_without_one_of_its_scans_is_not_plain() -> None:
    data = files.SCORED["progressive JPEG"]
    assert not header(data[: data.rindex(b"\xff\xda")] + b"\xff\xd9").is_plain


@pytest.mark.parametrize("data", [b"\xff\xd8\xff", COLOR[:-2], COLOR[:300]])
def test_a_part_outside_the_file_is_an_error(data: bytes) -> None:
    with tf.device("CPU"), pytest.raises(tf.errors.InvalidArgumentError):
        header(data)


def test_a_filled_file_has_noise_before_its_end() -> None:
    data = COLOR + b"more"
    found = header(data)
    assert without_rest(tf.constant(data), found).numpy() == COLOR
    filled = with_fill(tf.constant(data), found).numpy()
    assert filled.startswith(COLOR[:-2]) and filled.endswith(b"\xff\xd9") and len(filled) > len(data)


def test_only_some_files_have_one_scan() -> None:
    assert [header(files.SCORED[f"{kind} JPEG"]).is_single for kind in ("color", "grey", "progressive")] == [1, 1, 0]
