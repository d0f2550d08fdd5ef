"""Stored values are decoded to the pixels they were made from."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.data.decoding.images import decode_bytes
from radtl_tf.data.decoding.measuring import png_of
from radtl_tf.deploy.parity.encoding import stored_values


@pytest.mark.parametrize("depth", [None, 10, 12, 16])
def test_values_of_a_depth_are_found_again(depth: int | None) -> None:
    most = 65535 if depth is None else (1 << depth) - 1
    stored = np.arange(most + 1, dtype=np.uint16).reshape(32, -1)
    pixels = decode_bytes(png_of(stored), depth=depth).pixels
    values = stored_values(pixels, depth)
    assert values is not None
    assert np.array_equal(decode_bytes(png_of(values), depth=depth).pixels, pixels)


def test_pixels_of_more_bits_have_no_values() -> None:
    assert stored_values(np.arange(65536, dtype=np.uint16).reshape(256, 256), 12) is None
