"""Decode a file and measure it: all that is ever asked of a radiograph, in one pass over its pixels."""

from __future__ import annotations

import hashlib
import itertools
import math
import struct

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.grey import Decoded
from radtl_tf.data.decoding.images import PNG_START, chunk, decode_bytes
from radtl_tf.data.decoding.reading import SIGNATURE_SIDE, Reading

_HASH_BYTES = 16
_BORDER = 0.02  # of the side
_BLOCK = 1 << 20  # pixels
_SUB = 1  # the filter of a line of a PNG (PNG 3rd edition, 9.2)


def measure(data: bytes, suffix: str = "") -> tuple[Reading, Decoded]:
    """Return the Reading and the pixels of a file's content; ``suffix`` is the ending of its name.

    Raises:
        DataError: the content is no image that can be read.
    """
    decoded = decode_bytes(data, suffix)
    pixels = decoded.pixels
    mean, sd = _mean_and_sd(pixels)
    reading = Reading(
        sha256=hashlib.sha256(data).hexdigest(),
        pixels_hash=_hash(pixels),
        height=pixels.shape[0],
        width=pixels.shape[1],
        bits=decoded.bits,
        mean=mean,
        sd=sd,
        border=_border(pixels),
        signature=signature(pixels),
        notes=decoded.notes,
        metadata=decoded.metadata,
    )
    return reading, decoded


def png_of(pixels: NDArray[np.uint16]) -> bytes:
    """Return a 16-bit PNG of grey (H, W).

    Every line is the differences of neighbors (filter "sub"), deflated by libdeflate at level 1: two to six times as
    fast as the encoders of libpng and Pillow, and no larger (``benchmarks/reading.py``).
    """
    height, width = pixels.shape
    values = pixels.astype(">u2", order="C").view(np.uint8)
    lines = np.empty((height, 1 + 2 * width), np.uint8)
    lines[:, 0] = _SUB
    lines[:, 1:3] = values[:, :2]
    np.subtract(values[:, 2:], values[:, :-2], out=lines[:, 3:])
    header = struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)  # 16 bits of grey, not interlaced
    body = bytes(imagecodecs.deflate_encode(lines.tobytes(), level=1))
    return PNG_START + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def signature(pixels: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Return (32, 32) uint8: the area average of the whole of uint16 (H, W), its aspect ratio not kept."""
    average = _cells(_cells(pixels).T).T
    return np.clip(np.rint(average / 257), 0, 255).astype(np.uint8)


def _cells(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return (32, W): the averages of (H, W) over 32 cells of equal height, whose bounds may lie within a row."""
    edges = np.linspace(0, len(values), SIGNATURE_SIDE + 1)
    averages = []
    for low, high in itertools.pairwise(edges):
        bounds = np.arange(int(low), math.ceil(high) + 1)  # of the rows that the cell touches
        shares = np.diff(np.clip(bounds, low, high)) / (high - low)
        averages.append(shares.astype(np.float32) @ values[bounds[0] : bounds[-1]].astype(np.float32))
    return np.stack(averages)


def _mean_and_sd(pixels: NDArray[np.uint16]) -> tuple[float, float]:
    """Return mean and SD in 0..1, from exact sums: a histogram of 65,536 values is the fastest way to both."""
    blocks = np.array_split(pixels.ravel(), 1 + pixels.size // _BLOCK)  # bincount needs eight bytes per pixel
    counts = sum(np.bincount(block, minlength=1 << 16) for block in blocks)
    values = np.arange(1 << 16) / 65535
    mean = float((counts * values).sum()) / pixels.size  # the order of a sum does not depend on threads, as in @
    variance = float((counts * (values - mean) ** 2).sum()) / pixels.size
    return mean, math.sqrt(variance)


def _border(pixels: NDArray[np.uint16]) -> float:
    """Return the mean of the outermost 2 % of rows and columns, 0..1; at least one of each."""
    high, wide = (max(1, round(_BORDER * side)) for side in pixels.shape)
    frame = np.ones(pixels.shape, bool)
    frame[high:-high, wide:-wide] = False
    return float(pixels[frame].mean() / 65535)


def _hash(pixels: NDArray[np.uint16]) -> str:
    digest = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=_HASH_BYTES)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()
