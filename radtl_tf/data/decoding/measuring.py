"""Decode a file and measure everything that later steps need, in one pass over its pixels."""

from __future__ import annotations

import hashlib
import itertools
import math
import struct

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.depth import WHITE, bits_of
from radtl_tf.data.decoding.grey import Decoded
from radtl_tf.data.decoding.images import PNG_START, chunk, decode_bytes
from radtl_tf.data.decoding.reading import SIGNATURE_SIDE, GreyRange, Reading

_HASH_BYTES = 16
_BORDER = 0.02  # of the side
_BLOCK = 1 << 20  # pixels
_LOW, _HIGH, _MOST = 0.01, 0.99, 0.999  # shares of the pixels
_FLAT = 2  # steps of its depth between 1 % and 99 % of the pixels: noise on one grey value
_SUB = 1  # the filter of a line of a PNG (PNG 3rd edition, 9.2)


def measure(data: bytes, suffix: str = "", depth: int | None = None) -> tuple[Reading, Decoded]:
    """Return the Reading and the pixels of a file's content; ``suffix`` and ``depth`` as for ``decode_bytes``.

    Raises:
        DataError: the content is not a readable image.
    """
    decoded = decode_bytes(data, suffix, depth)
    pixels = decoded.pixels
    counts = _histogram(pixels)
    mean, sd = _mean_and_sd(counts)
    used = grey_range(counts, decoded.bits)
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
        used=used,
        notes=decoded.notes,
        metadata=decoded.metadata,
    )
    return reading, decoded


def png_of(pixels: NDArray[np.uint16]) -> bytes:
    """Return a 16-bit PNG of grey (H, W).

    Every line holds the differences of neighbors (filter "sub"), deflated by libdeflate at level 1. This is two to six
    times as fast as the encoders of libpng and Pillow, and the files are not larger (``benchmarks/reading.py``).
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
    """Return (32, 32) uint8: the area average of the whole image, uint16 (H, W); the aspect ratio is not kept."""
    average = _cells(_cells(pixels).T).T
    return np.clip(np.rint(average / 257), 0, 255).astype(np.uint8)


def _cells(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return (32, W): the averages of (H, W) over 32 cells of equal height; a bound may divide a row."""
    edges = np.linspace(0, len(values), SIGNATURE_SIDE + 1)
    averages = []
    for low, high in itertools.pairwise(edges):
        bounds = np.arange(int(low), math.ceil(high) + 1)  # of the rows that the cell touches
        shares = np.diff(np.clip(bounds, low, high)) / (high - low)
        averages.append(shares.astype(np.float32) @ values[bounds[0] : bounds[-1]].astype(np.float32))
    return np.stack(averages)


def grey_range(counts: NDArray[np.int64], bits: int) -> GreyRange:
    """Return which part of its grey values an image of ``bits`` bits uses; ``counts`` (65536,) are pixels per value.

    A few pixels far from the others, such as a burned-in letter, are measured separately.
    """
    below = np.cumsum(counts)
    low, high, most = np.searchsorted(below, np.array([_LOW, _HIGH, _MOST]) * below[-1]).tolist()
    largest = int(np.flatnonzero(counts)[-1])
    return GreyRange(bits_of(largest, bits), bits_of(most, bits), (high - low) * ((1 << bits) - 1) <= _FLAT * WHITE)


def _histogram(pixels: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Return (65536,): how many pixels have each value."""
    blocks = np.array_split(pixels.ravel(), 1 + pixels.size // _BLOCK)  # bincount needs eight bytes per pixel
    return np.sum([np.bincount(block, minlength=1 << 16) for block in blocks], axis=0)


def _mean_and_sd(counts: NDArray[np.int64]) -> tuple[float, float]:
    """Return mean and SD in 0..1 from exact sums over the histogram, which is the fastest way."""
    values = np.arange(1 << 16) / 65535
    mean = float((counts * values).sum()) / counts.sum()  # unlike @, a sum does not depend on threads
    variance = float((counts * (values - mean) ** 2).sum()) / counts.sum()
    return float(mean), math.sqrt(variance)


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
