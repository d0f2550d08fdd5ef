"""What is known of a radiograph besides its pixels: measured when it is decoded, and kept with the example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SIGNATURE_SIDE = 32

Status = Literal["decoded", "refused", "skipped"]


@dataclass(frozen=True)
class Reading:
    """Measurements of one decoded radiograph.

    ``sha256`` is that of the file, ``pixels_hash`` a hash of shape and decoded pixels. ``mean``, ``sd`` and ``border``
    (mean of the outermost rows and columns) are in 0..1. ``signature`` (32, 32) uint8 is the area average of the whole
    image, its aspect ratio not kept. ``metadata`` holds the known ones of ``METADATA``, as text.
    """

    sha256: str
    pixels_hash: str
    height: int
    width: int
    bits: int
    mean: float
    sd: float
    border: float
    signature: NDArray[np.uint8]
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of one file: decoded, refused for a ``reason`` with its ``code``, or skipped as no radiograph.

    ``reading`` is there if it was decoded, ``png`` (16-bit grey) if it was asked for, too. No text of it holds a value
    of the file.
    """

    status: Status
    code: str = ""
    reason: str = ""
    reading: Reading | None = None
    png: bytes | None = None
