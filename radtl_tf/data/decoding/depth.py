"""Scale images that use fewer bits than their file format has, as the task or the file declares.

Scanners and viewers write detector values of 12 bits into PNG and TIFF of 16 bits. Without scaling, such a film is
almost black.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.grey import Decoded, RefusedError
from radtl_tf.data.decoding.reading import BY_FILE, BY_TASK

WHITE = 65535
GREY_PNG = (0, 4)  # color types: grey, grey with alpha


def with_depth(decoded: Decoded, depth: int | None, significant: int | None = None) -> Decoded:
    """Return the image scaled so that its lowest and highest possible values become 0 and 65535.

    ``depth`` is the number of bits that the values use; ``None`` uses what the file declares (``significant``, the
    number in a PNG's sBIT chunk).

    Raises:
        RefusedError: a value is above the largest of ``depth`` bits.
    """
    if depth is None:
        if significant is None or not _low_aligned(decoded, significant):
            return decoded
        return _scaled(decoded, significant, BY_FILE)
    if depth >= decoded.bits:
        return decoded
    largest = int(decoded.pixels.max()) // step_of(decoded.bits)
    if largest >= 1 << depth:
        raise RefusedError(
            "depth",
            f"the image has values above {(1 << depth) - 1}, the largest of task.depth = {depth} bits; expected "
            f"task.depth of {largest.bit_length()} to {decoded.bits}: correct it or remove it.",
        )
    return _scaled(decoded, depth, BY_TASK)


def step_of(bits: int) -> int:
    """Return the step in 0..65535 between neighboring values of an image of 8 or 16 bits."""
    return 257 if bits == 8 else 1


def significant_bits(chunks: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Return the number in the sBIT chunk of a grey PNG of 8 or 16 bits (PNG 3rd edition, 11.3.2.5), if it says fewer.

    ``chunks`` are pairs of name and content, IHDR first.
    """
    known = itertools.takewhile(lambda chunk: chunk[0] != b"IDAT", chunks)
    names = [(name, content) for name, content in known if content]
    bits, color = names[0][1][8:10]
    said = next((content[0] for name, content in names if name == b"sBIT" and content[0]), 0)
    return said if color in GREY_PNG and bits in (8, 16) and 1 <= said < bits else None


def bits_of(largest: int, bits: int) -> int:
    """Return how many bits the value ``largest`` (0..65535) needs in an image of ``bits`` bits.

    >>> bits_of(4095, 16), bits_of(15 * 257, 8), bits_of(65535, 12)
    (12, 4, 12)
    """
    return round(largest * ((1 << bits) - 1) / WHITE).bit_length()


def _low_aligned(decoded: Decoded, significant: int) -> bool:
    """Tell whether the values of a grey PNG are in the low ``significant`` bits.

    The standard puts them in the high bits, where they need no scaling; the low bits are then zero.
    """
    values = decoded.pixels // np.uint16(step_of(decoded.bits))
    empty = (1 << (decoded.bits - significant)) - 1
    return bool(values.max() < 1 << significant and (values & np.uint16(empty)).any())


def _scaled(decoded: Decoded, bits: int, note: str) -> Decoded:
    top = ((1 << bits) - 1) * step_of(decoded.bits)
    wide: NDArray[np.uint32] = decoded.pixels.astype(np.uint32) * np.uint32(WHITE) + np.uint32(top // 2)
    pixels = (wide // np.uint32(top)).astype(np.uint16)
    return replace(decoded, pixels=pixels, bits=bits, notes=(*decoded.notes, note))
