"""Grey TIFF of one page are read; every other kind is refused with a code."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from radtl_tf.data.decoding.grey import RefusedError
from radtl_tf.data.decoding.images import decode_bytes

RNG = np.random.default_rng(4)
GREY8 = RNG.integers(0, 256, (9, 14), dtype=np.uint8)
GREY16 = RNG.integers(0, 65536, (9, 14), dtype=np.uint16)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("pixels", [GREY8, GREY16], ids=["8", "16"])
def test_grey_is_read_as_from_png(encoded: Any, pixels: np.ndarray, compression: str) -> None:
    found = decode_bytes(encoded(pixels, "TIFF", compression=compression), ".tif")
    assert np.array_equal(found.pixels, decode_bytes(encoded(pixels)).pixels)
    assert (found.bits, found.notes) == (pixels.dtype.itemsize * 8, ())


@pytest.mark.parametrize("pixels", [GREY8, GREY16], ids=["8", "16"])
def test_white_may_be_zero(encoded: Any, pixels: np.ndarray) -> None:
    found = decode_bytes(encoded(pixels, "TIFF", tiffinfo={262: 0}))
    stored = Image.open(io.BytesIO(encoded(pixels, "TIFF", tiffinfo={262: 0})))
    assert stored.tag_v2[262] == 0
    raw = pixels if pixels.dtype == np.uint16 else 255 - np.asarray(stored)
    factor = 257 if pixels.dtype == np.uint8 else 1
    assert np.array_equal(found.pixels, 65535 - raw.astype(np.uint16) * np.uint16(factor))


def test_other_layouts_have_a_code(encoded: Any) -> None:
    pages = io.BytesIO()
    Image.fromarray(GREY8).save(pages, "TIFF", save_all=True, append_images=[Image.fromarray(GREY8)])
    cases = {
        "frames": [pages.getvalue()],
        "layout": [
            encoded(np.stack([GREY8] * 3, axis=2), "TIFF"),
            encoded(GREY16.astype(np.float32), "TIFF"),
            encoded(GREY8 > 99, "TIFF"),
            encoded(GREY8, "TIFF", compression="jpeg"),
        ],
        "damaged": [encoded(GREY16, "TIFF")[:-60], b"II*\0" + bytes(20)],
    }
    for code, files in cases.items():
        for data in files:
            with pytest.raises(RefusedError) as caught:
                decode_bytes(data)
            assert caught.value.code == code


def test_the_size_is_checked_before_decoding(encoded: Any) -> None:
    data = bytearray(encoded(GREY8, "TIFF"))
    at = data.index(b"\x00\x01\x03\x00") if b"\x00\x01\x03\x00" in data else data.index(b"\x00\x01\x04\x00")
    for entry in (at, at + 12):
        data[entry + 2 : entry + 4], data[entry + 8 : entry + 12] = b"\x04\x00", (60_000).to_bytes(4, "little")
    with pytest.raises(RefusedError) as caught:
        decode_bytes(bytes(data))
    assert caught.value.code == "too-large"
