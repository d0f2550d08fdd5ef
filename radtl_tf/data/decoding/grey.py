"""What every decoder returns: one grey channel of 16 bits, and how color becomes grey."""

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
NO_MEMORY = "decoding the image takes more memory than is allowed: check the file, or scale it down first."


class RefusedError(DataError):
    """A file that is no image that can be read; ``code`` is one word for the reason, the same in every version."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoRadiographError(DataError):
    """A file that is in order and holds no radiograph, such as a report: to be skipped and counted."""


@dataclass(frozen=True)
class Decoded:
    """A radiograph as uint16 grey, (H, W), 0 black to 65535 white.

    ``bits`` is the depth of the source; ``notes`` say what was done to the pixels, without any value of the file;
    ``metadata`` is what the file says of the image, of what is allowed (``data.decoding.metadata_values.METADATA``).
    """

    pixels: NDArray[np.uint16]
    bits: int
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


def to_grey(color: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return grey (H, W) of color (H, W, 3) in integers, so that TensorFlow can repeat it to the bit."""
    weighted = np.full(color.shape[:2], 500, np.uint32)
    for channel, weight in enumerate(GREY_WEIGHTS):
        weighted += color[..., channel] * np.uint32(weight)
    return (weighted // 1000).astype(np.uint16)


def check_size(height: int, width: int, channels: int = 1) -> None:
    """Refuse an image of no pixels, or above the budget, before anything is decoded.

    Raises:
        DataError: the size is zero or above ``MAX_PIXELS``.
    """
    if height < 1 or width < 1:
        raise RefusedError("damaged", f"the image has no pixels ({width} x {height}).")
    if height * width * max(channels, 1) > MAX_PIXELS * 3 or height * width > MAX_PIXELS:
        raise RefusedError(
            "too-large",
            f"the image claims {width} x {height} pixels, above the limit of {MAX_PIXELS // 10**6} million: "
            "check the file, or scale it down first.",
        )


def read_file(path: Path) -> bytes:
    """Return the content of a regular file.

    Raises:
        DataError: the file is missing, is a folder, pipe or device, or is larger than 1 GiB.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe must not make us wait
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise RefusedError("unreadable", "not a regular file but a folder, pipe or device.")
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
        raise RefusedError("unreadable", "the name of the file holds a character that no file name has.") from error
