"""Image files of every kind that a server may receive."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

from radtl_tf.data.decoding.images import PNG_START, chunk

RANDOM = np.random.default_rng(5)
COARSE = RANDOM.integers(0, 256, (6, 10, 3)).astype(np.uint8).repeat(4, axis=0).repeat(3, axis=1)  # (24, 30, 3)
RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)
_COLOR_TYPE = {"grey": 0, "color": 2, "palette": 3, "grey alpha": 4, "color alpha": 6}


def saved(image: Image.Image, kind: str, **settings: object) -> bytes:
    """Return the file of a Pillow image."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()


def converted(mode: str, kind: str, **settings: object) -> bytes:
    """Return a file of 24 x 30 pixels of a Pillow mode."""
    if mode == "I;16":
        return saved(Image.fromarray(RANDOM.integers(0, 65536, (24, 30)).astype(np.uint16)), kind, **settings)
    return saved(Image.fromarray(COARSE).convert(mode), kind, **settings)


def with_chunk(data: bytes, name: bytes, content: bytes, *, last: bool = False) -> bytes:
    """Return a PNG with one chunk more, after its header or after its pixels."""
    at = len(data) - 12 if last else 33
    return data[:at] + chunk(name, content) + data[at:]


def png_of(values: np.ndarray, bits: int, kind: str = "grey", *more: bytes, interlace: int = 0) -> bytes:
    """Return a PNG of ``values`` (H, W) or (H, W, C) with ``bits`` per value, without filters; ``more`` are chunks."""
    flat = values.reshape(len(values), -1)
    if bits == 16:
        rows = [row.astype(">u2").tobytes() for row in flat]
    else:
        each = (flat[..., None] >> np.arange(bits)[::-1]) & 1
        rows = [np.packbits(row.reshape(-1).astype(np.uint8)).tobytes() for row in each]
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, _COLOR_TYPE[kind], 0, 0, interlace)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"".join([PNG_START, chunk(b"IHDR", head), *more, chunk(b"IDAT", pixels), chunk(b"IEND", b"")])


def exif(orientation: int, order: str = "<", kind: int = 3) -> bytes:
    """Return EXIF data, from the TIFF header on, with an orientation after another entry."""
    start = b"II*\0" if order == "<" else b"MM\0*"
    entries = [(0x0100, 3, 1, 640), (0x0112, kind, 1, orientation)]
    value = "I" if kind == 4 else "H2x"
    packed = b"".join(struct.pack(f"{order}HHI{value}", *entry) for entry in entries)
    return start + struct.pack(f"{order}IH", 8, len(entries)) + packed + bytes(4)


def in_segment(data: bytes, content: bytes, marker: int = 0xE1) -> bytes:
    """Return a JPEG with one segment more after its start."""
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + data[2:]


def xmp(orientation: int) -> bytes:
    """Return the content of an XMP segment of a JPEG."""
    return b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf tiff:Orientation="%d"/></x:xmpmeta>' % orientation


def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """Return a black grey PNG of a claimed size, with all of its pixels."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"".join([PNG_START, chunk(b"IHDR", head), chunk(b"IDAT", pixels), chunk(b"IEND", b"")])


def split_pixels(data: bytes, length: int) -> bytes:
    """Return a PNG with its pixels in chunks of ``length`` bytes."""
    at = data.index(b"IDAT") - 4
    (size,) = struct.unpack_from(">I", data, at)
    pixels = data[at + 8 : at + 8 + size]
    parts = [chunk(b"IDAT", pixels[start : start + length]) for start in range(0, size, length)]
    return data[:at] + b"".join(parts) + data[at + 12 + size :]


_GREY, _JPEG, _COLOR = converted("L", "PNG"), converted("L", "JPEG"), converted("RGB", "JPEG")
_NOISE = saved(Image.fromarray(RANDOM.integers(0, 256, (61, 47)).astype(np.uint8)), "PNG")
_RGBA = np.dstack([COARSE, np.full(COARSE.shape[:2], 255, np.uint8)])
_HALF = np.dstack([COARSE, np.full(COARSE.shape[:2], 128, np.uint8)])
_WIDE = RANDOM.integers(0, 65536, (7, 9, 3))

SCORED = {
    "8-bit grey PNG": _GREY,
    "16-bit grey PNG": converted("I;16", "PNG"),
    "color PNG": converted("RGB", "PNG"),
    "16-bit color PNG": png_of(_WIDE, 16, "color"),
    "palette PNG": converted("P", "PNG"),
    "palette of 2 bits": png_of(RANDOM.integers(0, 4, (5, 7)), 2, "palette", chunk(b"PLTE", bytes(range(12)))),
    "1-bit grey PNG": png_of(RANDOM.integers(0, 2, (9, 13)), 1),
    "2-bit grey PNG": png_of(RANDOM.integers(0, 4, (9, 13)), 2),
    "4-bit grey PNG": png_of(RANDOM.integers(0, 16, (9, 13)), 4),
    "opaque grey alpha": converted("LA", "PNG"),
    "opaque color alpha": saved(Image.fromarray(_RGBA), "PNG"),
    "opaque 16-bit alpha": png_of(np.dstack([_WIDE, np.full((7, 9), 65535)]), 16, "color alpha"),
    "one pixel": saved(Image.fromarray(np.full((1, 1), 77, np.uint8)), "PNG"),
    "one column": saved(Image.fromarray(RANDOM.integers(0, 256, (90, 1)).astype(np.uint8)), "PNG"),
    "odd size": _NOISE,
    "many small IDAT": split_pixels(_NOISE, 3),
    "text and gamma": with_chunk(with_chunk(_GREY, b"gAMA", struct.pack(">I", 99999)), b"tEXt", b"Title\0tRNS eXIf"),
    "PNG, upright EXIF": with_chunk(_GREY, b"eXIf", exif(1)),
    "PNG, upright EXIF at its end": with_chunk(_GREY, b"eXIf", exif(1, ">"), last=True),
    "data after a PNG": _GREY + b"eXIf",
    "grey JPEG": _JPEG,
    "color JPEG": _COLOR,
    "JPEG of best quality": converted("RGB", "JPEG", quality=100, subsampling=0),
    "progressive JPEG": converted("RGB", "JPEG", progressive=True),
    "progressive grey JPEG": converted("L", "JPEG", progressive=True),
    "JPEG of odd size": saved(Image.fromarray(COARSE[:23, :17]), "JPEG"),
    "JPEG with restarts": converted("RGB", "JPEG", restart_marker_blocks=1),
    "JPEG, upright EXIF": in_segment(_JPEG, b"Exif\0\0" + exif(1)),
    "JPEG, unknown EXIF": in_segment(_JPEG, b"Exif\0\0" + exif(0, ">")),
    "JPEG, upright XMP": in_segment(_JPEG, xmp(1)),
    "fill bytes in a JPEG": in_segment(_JPEG, b"words", 0xFE).replace(b"\xff\xfe", b"\xff\xff\xff\xfe"),
    "fill byte before the end": _JPEG[:-2] + b"\xff\xff\xd9",
    "data after a JPEG": _JPEG + bytes(40),
}
REFUSED_EVERYWHERE = {
    "nothing": b"",
    "text": b"not an image",
    "a PNG's start": _GREY[:8],
    "truncated PNG": _GREY[: len(_GREY) // 2],
    "PNG without its end": _GREY[:-12],
    "PNG with wrong pixels": _GREY.replace(b"IDAT", b"IDAT\0", 1),
    "PNG with a wrong checksum": _GREY[:-20] + bytes([_GREY[-20] ^ 1]) + _GREY[-19:],
    "PNG of one row less": _GREY[:16] + struct.pack(">II", 30, 25) + _GREY[24:],
    "a chunk outside the PNG": _GREY[:33] + b"\xff\xff\xff\xf0tEXt" + _GREY[33:],
    "truncated JPEG": _JPEG[: len(_JPEG) // 2],
    "truncated JPEG with an end": _JPEG[: len(_JPEG) * 3 // 4] + b"\xff\xd9",
    "JPEG header": _JPEG[:4],
    "JPEG without a frame": b"\xff\xd8" + _JPEG[_JPEG.index(b"\xff\xda") :],
    "GIF": converted("P", "GIF"),
    "BMP": converted("L", "BMP"),
    "WebP": converted("RGB", "WEBP"),
    "CMYK JPEG": converted("CMYK", "JPEG"),
    "half transparent color": saved(Image.fromarray(_HALF), "PNG"),
    "half transparent grey": png_of(RANDOM.integers(0, 255, (5, 7, 2)), 8, "grey alpha"),
    "transparent 16-bit grey": png_of(RAMP, 16, "grey", chunk(b"tRNS", b"\0\x07")),
    "transparent palette": png_of(
        RANDOM.integers(0, 4, (5, 7)), 2, "palette", chunk(b"PLTE", bytes(12)), chunk(b"tRNS", b"\0")
    ),
    "animation": with_chunk(_GREY, b"acTL", struct.pack(">II", 2, 0)),
    "too many pixels": bomb(20_000, 1)[:16] + struct.pack(">II", 20_000, 20_000) + bomb(20_000, 1)[24:],
}
REFUSED_BY_THE_GRAPH = {
    "TIFF": saved(Image.fromarray(RAMP), "TIFF"),
    "opaque palette": png_of(
        RANDOM.integers(0, 4, (5, 7)), 2, "palette", chunk(b"PLTE", bytes(12)), chunk(b"tRNS", b"\xff")
    ),
    **{f"JPEG, EXIF {turn}": in_segment(_COLOR, b"Exif\0\0" + exif(turn)) for turn in range(2, 9)},
    "JPEG, EXIF of the other byte order": in_segment(_COLOR, b"Exif\0\0" + exif(6, ">")),
    "JPEG, EXIF of another type": in_segment(_COLOR, b"Exif\0\0" + exif(6, "<", kind=4)),
    "JPEG, EXIF after another segment": in_segment(in_segment(_COLOR, b"Exif\0\0" + exif(6)), b"words", 0xFE),
    "JPEG, XMP": in_segment(_COLOR, xmp(6)),
    "PNG, EXIF": with_chunk(_GREY, b"eXIf", exif(6)),
    "PNG, EXIF at its end": with_chunk(_GREY, b"eXIf", exif(8, ">"), last=True),
}
