"""The graph decodes files as the package does, or refuses them."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from radtl_tf.data.decoding.images import decode_bytes
from radtl_tf.deploy.graph.encoded_images import decode_grey
from radtl_tf.errors import DataError

files = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("image_files.py"))))
RAMP = files.RAMP
Pixels = np.ndarray | None


@pytest.fixture(scope="module")
def in_graph() -> Callable[[bytes], Pixels]:
    """Return a function that decodes in a graph; it gives ``None`` for a file that is refused."""
    graph = tf.function(decode_grey, input_signature=[tf.TensorSpec((), tf.string)])

    def decoded(data: bytes) -> Pixels:
        try:
            return graph(tf.constant(data)).numpy()[:, :, 0]
        except tf.errors.InvalidArgumentError:
            return None

    return decoded


def in_package(data: bytes, depth: int | None = None) -> Pixels:
    try:
        return decode_bytes(data, depth=depth).pixels
    except DataError:
        return None


@pytest.mark.parametrize("name", files.SCORED)
def test_the_graph_decodes_as_the_package_does(name: str, in_graph: Callable[[bytes], Pixels]) -> None:
    data = files.SCORED[name]
    found = in_graph(data)
    assert found is not None and found.dtype == np.uint16
    assert np.array_equal(found, in_package(data))


@pytest.mark.parametrize("name", [*files.REFUSED_EVERYWHERE, *files.REFUSED_BY_THE_GRAPH])
def test_the_graph_refuses_what_it_cannot_decode_as_the_package(name: str, in_graph: Callable[[bytes], Pixels]) -> None:
    data = {**files.REFUSED_EVERYWHERE, **files.REFUSED_BY_THE_GRAPH}[name]
    assert in_graph(data) is None
    assert (in_package(data) is None) == (name in files.REFUSED_EVERYWHERE)


def damaged(data: bytes, random: np.random.Generator) -> bytes:
    """Return a file with some bytes changed, missing or cut off."""
    spoiled, kind, place = bytearray(data), random.integers(4), random.integers(2, len(data))
    if kind == 0:
        for at in random.integers(0, len(spoiled), 2):
            spoiled[at] = random.integers(256)
    elif kind == 1:
        del spoiled[place:]
    elif kind == 2:
        del spoiled[place : place + random.integers(1, 5)]
    else:
        spoiled[place:] = data[-12:] if data.startswith(b"\x89") else data[-2:]  # its end
    return bytes(spoiled)


@pytest.mark.parametrize("settings", [{}, {"progressive": True}, {"restart_marker_blocks": 4}, {"optimize": True}])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_jpeg_that_ends_early_is_refused(
    mode: str, settings: dict[str, Any], in_graph: Callable[[bytes], Pixels]
) -> None:
    smooth = Image.fromarray(files.RANDOM.integers(0, 256, (14, 12, 3)).astype(np.uint8)).resize((96, 112))
    whole = files.saved(smooth.convert(mode), "JPEG", **settings)
    pixels = in_package(whole)
    for end in np.linspace(whole.index(b"\xff\xda") + 16, len(whole) - 3, 60).astype(int):
        found = in_graph(whole[:end] + b"\xff\xd9")
        if found is not None:  # damage within the last block, of 16 x 16 pixels, can also change a pixel next to it
            outside = np.ones(pixels.shape, bool)
            outside[95:, 79:] = False
            assert np.array_equal(found[outside], pixels[outside]), end


@pytest.mark.slow
def test_damaged_files_never_give_other_pixels(in_graph: Callable[[bytes], Pixels]) -> None:
    random, decoded, unseen = np.random.default_rng(11), 0, 0
    for _ in range(30):
        for name, whole in files.SCORED.items():
            data = damaged(whole, random)
            found, expected = in_graph(data), in_package(data)
            if found is None:
                continue
            decoded += 1
            if expected is not None:
                assert np.array_equal(found, expected), name
            elif data.startswith(b"\x89"):  # damage in a chunk without pixels, which the graph does not see
                assert np.array_equal(found, in_package(whole)), name
            else:
                unseen += 1  # damage that ends a JPEG within its last block
    assert decoded > 50 and unseen < decoded / 10


def with_depth(values: np.ndarray, sbit: bytes | None = None) -> bytes:
    """Return a grey PNG with an sBIT chunk."""
    data = files.saved(Image.fromarray(values), "PNG")
    return data if sbit is None else files.with_chunk(data, b"sBIT", sbit)


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
        expected = in_package(data, depth)
        if expected is None:
            refused.append(name)
            with pytest.raises(tf.errors.InvalidArgumentError):
                graph(tf.constant(data))
        else:
            assert np.array_equal(graph(tf.constant(data)).numpy()[:, :, 0], expected), name
    assert len(refused) == {None: 0, 12: 1, 16: 0, 4: 7}[depth]
