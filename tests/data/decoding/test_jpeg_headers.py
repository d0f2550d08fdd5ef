from __future__ import annotations

import io
from collections.abc import Callable

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from radtl_tf.data.decoding.grey import RefusedError
from radtl_tf.data.decoding.jpeg_headers import codestream_size, read_frame, without_end, without_fill

PIXELS = np.random.default_rng(5).integers(0, 256, (21, 34), dtype=np.uint8)
COLOR = np.random.default_rng(6).integers(0, 256, (21, 34, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("options", "marker"), [({}, 0xC0), ({"progressive": True}, 0xC2), ({"restart_marker_blocks": 2}, 0xC0)]
)
@pytest.mark.parametrize("pixels", [PIXELS, COLOR], ids=["grey", "color"])
def test_the_frame_header_is_found(
    encoded: Callable[..., bytes], pixels: np.ndarray, options: dict, marker: int
) -> None:
    data = encoded(pixels, "JPEG", comment=b"\xff\xc0 is no frame", **options)
    frame = read_frame(data)
    assert frame[:4] == (marker, 21, 34, pixels.ndim // 3 * 2 + 1)
    assert data[frame.scan : frame.scan + 2] == b"\xff\xda"


def test_fill_bytes_before_a_marker_are_skipped(encoded: Callable[..., bytes]) -> None:
    data = encoded(PIXELS, "JPEG")
    at = data.index(b"\xff\xc0")
    assert read_frame(data[:at] + b"\xff\xff\xff" + data[at:])[:4] == (0xC0, 21, 34, 1)


@pytest.mark.parametrize("cut", [2, 3, 20, 160, -2])
def test_a_jpeg_that_does_not_end_is_refused(encoded: Callable[..., bytes], cut: int) -> None:
    with pytest.raises(RefusedError, check=lambda error: error.code == "damaged"):
        read_frame(encoded(PIXELS, "JPEG")[:cut])


@pytest.mark.parametrize("height", [1, 7, 8, 9, 64])
@pytest.mark.parametrize("fill", ["noise", "even"])
@pytest.mark.parametrize("options", [{}, {"quality": 100}, {"optimize": True}, {"restart_marker_blocks": 3}])
def test_a_whole_scan_needs_no_end_marker(encoded: Callable[..., bytes], height: int, fill: str, options: dict) -> None:
    pixels = np.random.default_rng(height).integers(0, 256, (height, 33), dtype=np.uint8) if fill == "noise" else None
    data = encoded(np.full((height, 33), 7, np.uint8) if pixels is None else pixels, "JPEG", **options)
    lean = without_end(data, read_frame(data))
    assert lean != data
    np.testing.assert_array_equal(Image.open(io.BytesIO(lean)), Image.open(io.BytesIO(data)))


def test_fill_bytes_before_the_end_are_no_part_of_the_scan(encoded: Callable[..., bytes]) -> None:
    data = encoded(PIXELS, "JPEG", quality=95)
    filled = data[:-2] + b"\xff\xff" + data[-2:]
    assert without_end(filled, read_frame(filled)) == without_end(data, read_frame(data))
    assert without_fill(b"a\xff\x00\xff\xff") == b"a\xff\x00"


@pytest.mark.parametrize(
    "encode",
    [
        lambda pixels: imagecodecs.jpeg8_encode(pixels),
        lambda pixels: imagecodecs.jpeg8_encode(pixels, lossless=True),
        imagecodecs.jpegls_encode,
        lambda pixels: imagecodecs.jpeg2k_encode(pixels, codecformat="j2k"),
        lambda pixels: imagecodecs.jpeg2k_encode(pixels, codecformat="jp2"),
        lambda pixels: imagecodecs.htj2k_encode(pixels),
    ],
)
def test_every_codestream_tells_its_size(encode: Callable[[np.ndarray], bytes]) -> None:
    assert codestream_size(encode(PIXELS)) == (21, 34, 1)
    assert codestream_size(encode(COLOR)) == (21, 34, 3)


def test_a_short_codestream_is_refused() -> None:
    with pytest.raises(RefusedError, check=lambda error: error.code == "damaged"):
        codestream_size(imagecodecs.jpeg2k_encode(PIXELS, codecformat="j2k")[:41])
