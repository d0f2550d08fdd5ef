"""The numbers measured on a decoded radiograph."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.decoding.images import decode_bytes
from radtl_tf.data.decoding.measuring import measure, png_of, signature

RANDOM = np.random.default_rng(7)


def test_a_reading_agrees_with_the_pixels(encoded: Any) -> None:
    pixels = RANDOM.integers(0, 65536, (150, 70), dtype=np.uint16)
    data = encoded(pixels)
    reading, decoded = measure(data, ".png")
    np.testing.assert_array_equal(decoded.pixels, pixels)
    assert (reading.height, reading.width, reading.bits) == (150, 70, 16)
    assert reading.sha256 == hashlib.sha256(data).hexdigest()
    assert reading.mean == pytest.approx(pixels.mean() / 65535)
    assert reading.sd == pytest.approx(pixels.std() / 65535)
    frame = np.ones(pixels.shape, bool)
    frame[3:-3, 1:-1] = False
    assert reading.border == pytest.approx(pixels[frame].mean() / 65535)


def test_the_same_pixels_have_the_same_hash_in_any_file(encoded: Any) -> None:
    pixels = RANDOM.integers(0, 256, (20, 30), dtype=np.uint8)
    files = [encoded(pixels), encoded(pixels, compress_level=0), encoded(pixels.astype(np.uint16) * 257)]
    hashes = {measure(file)[0].pixels_hash for file in files}
    assert len({hashlib.sha256(file).hexdigest() for file in files}) == 3
    assert len(hashes) == 1
    other = {measure(encoded(changed))[0].pixels_hash for changed in (pixels.reshape(30, 20), pixels ^ (pixels == 7))}
    assert len(other | hashes) == 3


@pytest.mark.parametrize("shape", [(64, 96), (37, 53), (33, 31), (5, 7), (1, 1), (2000, 3), (1, 500)])
def test_a_signature_is_the_area_average(shape: tuple[int, int]) -> None:
    pixels = RANDOM.integers(0, 65536, shape, dtype=np.uint16)
    fine = np.kron(pixels.astype(float), np.ones((32, 32)))  # each cell covers a whole number of these
    cells = fine.reshape(32, shape[0], 32, shape[1]).mean(axis=(1, 3)) / 257
    assert np.abs(signature(pixels) - cells).max() <= 0.51


def test_a_signature_spans_the_whole_range() -> None:
    assert signature(np.zeros((40, 40), np.uint16)).max() == 0
    assert signature(np.full((40, 40), 65535, np.uint16)).min() == 255


@pytest.mark.parametrize("top", [255 * 257, 65535])
def test_the_png_holds_every_bit(top: int) -> None:
    pixels = RANDOM.integers(0, top + 1, (33, 47)).astype(np.uint16)
    found = decode_bytes(png_of(pixels))
    np.testing.assert_array_equal(found.pixels, pixels)
    assert found.bits == 16
