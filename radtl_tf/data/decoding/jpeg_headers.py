"""Read the headers of JPEG, JPEG-LS and JPEG 2000, to check an image before a decoder opens it."""

from __future__ import annotations

import struct
from typing import NamedTuple

from radtl_tf.data.decoding.grey import RefusedError

END = b"\xff\xd9"
_SCAN = 0xDA
_SEQUENTIAL = (0xC0, 0xC1)
_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # 0xF7 is JPEG-LS
_CODESTREAM = b"\xff\x4f\xff\x51"  # JPEG 2000: the start, then the size marker


class Frame(NamedTuple):
    """The frame header of a JPEG: its marker, the image's size, and where the first scan begins."""

    marker: int
    height: int
    width: int
    channels: int
    scan: int


def read_frame(data: bytes) -> Frame:
    """Return the frame header of a JPEG or JPEG-LS file or codestream (ITU-T T.81 B.1, B.2).

    Raises:
        DataError: the first scan has no frame header before it, or the end of the file is missing.
    """
    at, frame = 2, b""
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker == _SCAN and len(frame) == 6 and data.find(END, at) >= 0:
            height, width, channels = struct.unpack(">HHB", frame[1:])
            return Frame(frame[0], height, width, channels, at)
        if marker in _FRAMES:
            frame = bytes([marker]) + data[at + 5 : at + 10]
        at += 1 if marker == 0xFF else 2 + length  # any number of 0xFF may precede a marker
    raise RefusedError("damaged", "the JPEG is truncated or damaged.")


def without_end(data: bytes, frame: Frame) -> bytes:
    """Return a JPEG that Pillow refuses as truncated if its scan holds less than its header claims.

    At the end marker libjpeg fills the missing part with grey. With zeros instead of the marker it asks for more data;
    a complete scan decodes to the same pixels. This check works only for a single sequential scan.
    """
    body = without_fill(data[: data.find(END, frame.scan)])
    single = frame.marker in _SEQUENTIAL and body.find(bytes([0xFF, _SCAN]), frame.scan + 2) < 0
    return body + bytes(16) if single else data


def without_fill(body: bytes) -> bytes:
    """Return the data before a marker without optional fill bytes (ITU-T T.81 B.1.1.2).

    DCMTK writes one before the end marker if the length would be odd. In a scan, 0xFF is always followed by 0.
    """
    return body.rstrip(b"\xff")


def codestream_size(data: bytes) -> tuple[int, int, int]:
    """Return height, width and channels of a JPEG 2000 codestream (ITU-T T.800 A.5.1), JPEG or JPEG-LS.

    Raises:
        DataError: the header is truncated or damaged.
    """
    at = data.find(_CODESTREAM, 0, 4096)
    if at < 0:
        return read_frame(data)[1:4]
    if len(data) < at + 42:
        raise RefusedError("damaged", "the JPEG 2000 codestream is truncated.")
    right, bottom, left, top = struct.unpack_from(">4I", data, at + 8)
    return bottom - top, right - left, int.from_bytes(data[at + 40 : at + 42])
