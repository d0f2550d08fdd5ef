"""An image of fewer bits than its file has spans the whole range, where somebody says so."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.decoding.depth import bits_of
from radtl_tf.data.decoding.grey import RefusedError
from radtl_tf.data.decoding.images import decode_bytes
from radtl_tf.data.decoding.reading import BY_FILE, BY_TASK

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def with_sbit(png: bytes, number: int) -> bytes:
    name, content = b"sBIT", bytes([number])
    chunk = struct.pack(">I", 1) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return png[:33] + chunk + png[33:]


def test_the_depth_of_the_task_spans_the_range(encoded: Any) -> None:
    found = decode_bytes(encoded(RAMP), depth=12)
    expected = np.rint(RAMP.astype(float) * 65535 / 4095).astype(np.uint16)
    assert np.array_equal(found.pixels, expected)
    assert (found.bits, found.notes) == (12, (BY_TASK,))
    assert decode_bytes(encoded(RAMP)).bits == 16


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_value_above_the_depth_is_refused(encoded: Any, kind: str) -> None:
    with pytest.raises(RefusedError) as caught:
        decode_bytes(encoded(RAMP + np.uint16(1), kind), depth=12)
    assert caught.value.code == "depth"


def test_files_of_fewer_bits_keep_theirs(encoded: Any) -> None:
    eight = (RAMP // 16).astype(np.uint8)
    assert np.array_equal(decode_bytes(encoded(eight), depth=12).pixels, decode_bytes(encoded(eight)).pixels)
    assert decode_bytes(encoded(eight % 16), depth=4).pixels.max() == 65535


def test_sbit_counts_where_the_values_are_low(encoded: Any) -> None:
    found = decode_bytes(with_sbit(encoded(RAMP), 12))
    assert np.array_equal(found.pixels, decode_bytes(encoded(RAMP), depth=12).pixels)
    assert (found.bits, found.notes) == (12, (BY_FILE,))


@pytest.mark.parametrize("values", [RAMP << 4, (RAMP % 200) << 4, np.zeros((8, 8), np.uint16), RAMP * 2])
def test_sbit_changes_nothing_where_values_are_high_or_above(encoded: Any, values: np.ndarray) -> None:
    found = decode_bytes(with_sbit(encoded(values), 12))
    assert np.array_equal(found.pixels, values)
    assert (found.bits, found.notes) == (16, ())


def test_a_depth_of_the_task_goes_before_sbit(encoded: Any) -> None:
    assert np.array_equal(decode_bytes(with_sbit(encoded(RAMP), 12), depth=16).pixels, RAMP)


def test_used_bits_are_counted_in_steps_of_the_file() -> None:
    assert [bits_of(value, bits) for value, bits in ((0, 8), (257, 8), (65535, 8), (255, 16), (256, 16))] == [
        0,
        1,
        8,
        8,
        9,
    ]
