"""The graph decodes files as the package does, or refuses them."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from radtl_tf.data.decoding.grey import RefusedError
from radtl_tf.data.decoding.images import decode, decode_bytes
from radtl_tf.deploy.graph.encoded_images import decode_grey


def encoded(mode: str, kind: str) -> bytes:
    rng = np.random.default_rng(5)
    if mode == "I;16":
        image = Image.fromarray(rng.integers(0, 65536, (24, 30)).astype(np.uint16))
    else:
        coarse = rng.integers(0, 256, (6, 10, 3)).astype(np.uint8).repeat(4, axis=0).repeat(3, axis=1)
        image = Image.fromarray(coarse).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("L", "PNG"), ("RGB", "PNG"), ("P", "PNG"), ("I;16", "PNG"), ("L", "JPEG"), ("RGB", "JPEG")],
)
def test_the_graph_decodes_as_the_package_does(mode: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "image"
    file.write_bytes(encoded(mode, kind))
    graph = tf.function(decode_grey, input_signature=[tf.TensorSpec((), tf.string)])
    assert np.array_equal(graph(tf.constant(file.read_bytes())).numpy()[:, :, 0], decode(file).pixels)


def with_depth(values: np.ndarray, sbit: bytes | None = None) -> bytes:
    """Return a grey PNG with an sBIT chunk."""
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    data = buffer.getvalue()
    if sbit is None:
        return data
    chunk = struct.pack(">I", len(sbit)) + b"sBIT" + sbit + struct.pack(">I", zlib.crc32(b"sBIT" + sbit))
    return data[:33] + chunk + data[33:]


RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)
FILES = {
    "12 bits in 16": with_depth(RAMP),
    "12 bits in 16, sBIT": with_depth(RAMP, b"\x0c"),
    "12 high bits, sBIT": with_depth(RAMP << 4, b"\x0c"),
    "dark, 12 high bits, sBIT": with_depth((RAMP % 200) << 4, b"\x0c"),
    "4 bits in 8, sBIT": with_depth((RAMP % 16).astype(np.uint8), b"\x04"),
    "above its sBIT": with_depth(RAMP, b"\x0b"),
    "sBIT of zero": with_depth(RAMP, b"\x00"),
    "8 bits": with_depth((RAMP // 16).astype(np.uint8)),
}


@pytest.mark.parametrize("depth", [None, 12, 16, 4])
def test_depth_and_sbit_count_as_in_the_package(depth: int | None) -> None:
    graph = tf.function(lambda data: decode_grey(data, depth), input_signature=[tf.TensorSpec((), tf.string)])
    refused = []
    for name, data in FILES.items():
        try:
            expected = decode_bytes(data, depth=depth).pixels
        except RefusedError:
            refused.append(name)
            with pytest.raises(tf.errors.InvalidArgumentError):
                graph(tf.constant(data))
            continue
        assert np.array_equal(graph(tf.constant(data)).numpy()[:, :, 0], expected), name
    assert len(refused) == {None: 0, 12: 1, 16: 0, 4: 7}[depth]


def test_a_tiff_is_refused() -> None:
    buffer = io.BytesIO()
    Image.fromarray(RAMP).save(buffer, "TIFF")
    assert decode_bytes(buffer.getvalue()).bits == 16
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode_grey(tf.constant(buffer.getvalue()))
