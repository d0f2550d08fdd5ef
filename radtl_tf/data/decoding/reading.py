"""What is known of a radiograph besides its pixels: measured when it is decoded, and kept with the example."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

# The attributes that an example may carry; nothing else of a header or a manifest leaves its file.
METADATA = ("age", "sex", "view", "laterality", "intent", "vendor", "body_part", "spacing", "lossy", "site")
SIGNATURE_SIDE = 32

_MAX_LENGTH = 32
_OLDEST = 90  # years: above it an age may point at one person (45 CFR 164.514 b 2 i C)
_IMPOSSIBLE = 130  # years: above it a number is a year of birth, a date or a code for "unknown"
_AGE = re.compile(
    r"(\d+(?:[.,]\d+)?) ?(|y(?:(?:ea)?rs?)?|m(?:o(?:nth)?s?)?|w(?:(?:ee)?ks?)?|d(?:ays?)?)", re.IGNORECASE
)
_PER_YEAR = {"": 1.0, "y": 1.0, "m": 12.0, "w": 52.18, "d": 365.25}

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


def plain(name: str, value: str) -> str:
    """Return a value of the metadata ``name`` as it may be kept: one short printable line; an age in whole years.

    Ages from 90 become 90. Decimals ("97.0", "45,5"), units ("18 months") and DICOM's age strings ("018M", PS3.5 6.2)
    are read; anything else in the place of an age, such as a date of birth, becomes "" (unknown).

    >>> plain("age", "97.0"), plain("age", "018M"), plain("age", "1979-03-02"), plain("vendor", "  Agfa ")
    ('90', '1', '', 'Agfa')
    """
    text = " ".join("".join(c if c.isprintable() else " " for c in value).split())[:_MAX_LENGTH]
    return _whole_years(text) if name == "age" else text


def _whole_years(text: str) -> str:
    match = _AGE.fullmatch(text)
    years = float(match[1].replace(",", ".")) / _PER_YEAR[match[2][:1].lower()] if match else _IMPOSSIBLE + 1
    return str(min(int(years), _OLDEST)) if years <= _IMPOSSIBLE else ""


class GreyRange(NamedTuple):
    """Which part of its grey values an image uses: the bits of its largest value and of 99.9 % of its pixels.

    ``is_flat``: nearly all pixels have one value. Bits are counted from 1; 0 where nobody measured them.
    """

    bits: int = 0
    most_bits: int = 0
    is_flat: bool = False


@dataclass(frozen=True)
class Reading:
    """Measurements of one decoded radiograph.

    ``sha256`` is that of the file, ``pixels_hash`` a hash of shape and decoded pixels. ``mean``, ``sd`` and ``border``
    (mean of the outermost rows and columns) are in 0..1. ``signature`` (32, 32) uint8 is the area average of the whole
    image, its aspect ratio not kept. ``metadata`` holds the known ones of ``METADATA``, as text. Images of one data set
    with equal ``header_patient`` have the same patient id in their header; it is empty where there is none.
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
    """What became of one file: decoded, refused for a ``reason`` with its ``code``, or skipped as no radiograph.

    ``reading`` is there if it was decoded, ``png`` (16-bit grey) if it was asked for, too. No text of it holds a value
    of the file.
    """

    status: Status
    code: str = ""
    reason: str = ""
    reading: Reading | None = None
    png: bytes | None = None
