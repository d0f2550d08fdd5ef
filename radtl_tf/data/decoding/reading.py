"""The measurements of a radiograph, taken when it is decoded and kept with the example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

SIGNATURE_SIDE = 32

# Notes on a decoded image that the data check counts.
BY_TASK = "scaled from the depth that the task declares"
BY_FILE = "scaled from the depth that its sBIT chunk declares"
WITHOUT_PREAMBLE = "read without preamble and file meta information"
OVERLAY, SHUTTER, COLLIMATOR = "overlay not drawn", "shutter not applied", "collimation not applied"
WINDOW, VOI_LUT = "window of the file", "VOI LUT of the file"
WINDOW_IGNORED = "the window of the file is impossible and was not applied"
RESCALE_IGNORED = "the rescale of the file is impossible and was not applied"
RESAMPLED = "resampled to square pixels"
CONTRADICTION = "PresentationLUTShape and PhotometricInterpretation contradict each other, the former was followed"

Status = Literal["decoded", "refused", "skipped"]


class GreyRange(NamedTuple):
    """The part of its grey values that an image uses: the bits of its largest value and of 99.9 % of its pixels.

    ``is_flat``: nearly all pixels have one value. Bits are counted from 1; 0 means not measured.
    """

    bits: int = 0
    most_bits: int = 0
    is_flat: bool = False


@dataclass(frozen=True)
class Reading:
    """Measurements of one decoded radiograph.

    ``sha256`` is the hash of the file, ``pixels_hash`` a hash of shape and decoded pixels. ``mean``, ``sd`` and
    ``border`` (mean of the outermost rows and columns) are in 0..1. ``signature`` (32, 32) uint8 is the area average of
    the whole image, without its aspect ratio. ``metadata`` holds the known values of ``METADATA``, as text. Images of
    one data set with equal ``header_patient`` have the same patient id in their header; "" if the header has none.
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
    used: GreyRange = GreyRange()
    header_patient: str = ""


@dataclass(frozen=True)
class Outcome:
    """The result for one file: decoded, refused with a ``reason`` and its ``code``, or skipped (not a radiograph).

    A decoded file has a ``reading``, and ``png`` (16-bit grey) if requested. The texts hold no value of the file.
    """

    status: Status
    code: str = ""
    reason: str = ""
    reading: Reading | None = None
    png: bytes | None = None
