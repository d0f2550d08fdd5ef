"""The result of every decoder, one grey channel of 16 bits; the conversion of color to grey; the limits of files."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import DataError

GREY_WEIGHTS = (299, 587, 114)  # red, green, blue in thousandths (ITU-R BT.601)
MAX_PIXELS = 100_000_000  # a stitched full-leg radiograph has about 40 million
MAX_BYTES = 1 << 30  # of one file
NO_MEMORY = "decoding the image takes more memory than is allowed: check the file, or scale it down."


class RefusedError(DataError):
    """A file that is not a readable image; ``code`` is one word for the reason, the same in every version."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoRadiographError(DataError):
    """A valid file without a radiograph, such as a report; callers skip and count it."""


@dataclass(frozen=True)
class Decoded:
    """A radiograph as uint16 grey, (H, W), 0 black to 65535 white.

    ``bits`` is the depth of the source; ``notes`` say what was done to the pixels, without any value of the file;
    ``metadata`` holds the allowed metadata of the file (``data.decoding.metadata_values.METADATA``). ``patient`` is a
    hash of the patient id in the header, empty if the header has none; it never leaves the process.
    """

    pixels: NDArray[np.uint16]
    bits: int
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    patient: bytes = field(default=b"", repr=False)


def to_grey(color: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return grey (H, W) of color (H, W, 3), computed in integers so that TensorFlow gives exactly the same values."""
    weighted = np.full(color.shape[:2], 500, np.uint32)
    for channel, weight in enumerate(GREY_WEIGHTS):
        weighted += color[..., channel] * np.uint32(weight)
    return (weighted // 1000).astype(np.uint16)


def sixteen_bits(values: NDArray[np.generic]) -> NDArray[np.uint16]:
    """Return 8-bit values multiplied by 257, so that 255 becomes 65535; 16-bit values stay as they are."""
    return values if values.dtype == np.uint16 else values.astype(np.uint16) * np.uint16(257)  # type: ignore[return-value]


def check_size(height: int, width: int, channels: int = 1) -> None:
    """Refuse an image without pixels or with too many, before anything is decoded.

    Raises:
        DataError: the size is zero or above ``MAX_PIXELS``.
    """
    if height < 1 or width < 1:
        raise RefusedError("damaged", f"the image has no pixels ({width} x {height}).")
    if height * width * max(channels, 1) > MAX_PIXELS * 3 or height * width > MAX_PIXELS:
        raise RefusedError(
            "too-large",
            f"the image claims {width} x {height} pixels, above the limit of {MAX_PIXELS // 10**6} million: "
            "check the file, or scale it down.",
        )


def read_file(path: Path) -> bytes:
    """Return the content of a regular file.

    Raises:
        DataError: the file is missing, is a folder, pipe or device, or is larger than 1 GiB.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # do not wait for a pipe
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise RefusedError("unreadable", "the path is a folder, pipe or device; expected a file.")
            if status.st_size > MAX_BYTES:
                raise RefusedError(
                    "too-large", f"the file has {status.st_size >> 20} MiB, above the limit of {MAX_BYTES >> 20} MiB."
                )
            with open(descriptor, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(descriptor)
    except OSError as error:
        raise RefusedError("unreadable", f"the file cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise RefusedError("unreadable", "the file name holds an invalid character: rename the file.") from error
