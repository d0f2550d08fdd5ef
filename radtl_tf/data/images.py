"""Decode a radiograph, whatever its source, to uint16 grey: PNG, JPEG and DICOM, recognized by content.

Training and prediction read pixels through this module only. JPEG comes out as from
``tf.io.decode_jpeg(dct_method="INTEGER_ACCURATE")``, 8-bit values are multiplied by 257.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radtl_tf.data.dicom import decode_dicom_bytes, is_dicom
from radtl_tf.data.grey import GREY_WEIGHTS, MAX_PIXELS, Decoded, check_size, to_grey
from radtl_tf.errors import DataError

__all__ = ["FORMATS", "GREY_WEIGHTS", "MAX_PIXELS", "Decoded", "decode", "decode_bytes", "image_files", "read_file", "to_grey"]

FORMATS = "PNG, JPEG and DICOM"
MAX_BYTES = 1 << 30
_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START = b"\xff\xd8\xff"
_SUFFIXES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".dcm": "DICOM", ".dicom": "DICOM"}
# What is often met and not read: first bytes (a dot stands for any byte) and the name of the format.
_OTHERS = (
    (b"GIF8", "GIF"),
    (b"RIFF", "WebP or another RIFF file"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"BM", "BMP"),
    (b"%PDF", "PDF"),
    (b"<", "SVG, HTML or another text"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"version https://git-lfs", "Git LFS pointer; run `git lfs pull`"),
    (b"PK\x03\x04", "zip archive"),
    (b"\x1f\x8b", "gzip archive"),
)
_ORIENTATION = 0x0112  # the EXIF tag; CIPA DC-008 4.6.4
_UPRIGHT: dict[int, Callable[[NDArray[np.uint16]], NDArray[np.uint16]]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).T,
    8: np.rot90,
}


def decode(path: Path) -> Decoded:
    """Decode the file ``path`` to uint16 grey (H, W).

    Raises:
        DataError: the file is missing, damaged, too large or of another format; the message holds no name or value.
    """
    return decode_bytes(read_file(path), path.suffix)


def decode_bytes(data: bytes, suffix: str = "") -> Decoded:
    """Decode the content of a file; ``suffix`` is the ending of its name, noted where it belies the content.

    Raises:
        DataError: the content is damaged, too large or of another format.
    """
    kind = _kind(data)
    try:
        decoded = _DECODERS[kind](data)
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"the {kind} image is damaged or truncated ({type(error).__name__}).") from error
    claimed = _SUFFIXES.get(suffix.lower(), kind)
    if claimed == kind:
        return decoded
    return Decoded(decoded.pixels, decoded.bits, (*decoded.notes, f"{kind} content under a name for {claimed}"))


def read_file(path: Path) -> bytes:
    """Return the content of a regular file.

    Raises:
        DataError: the file is missing, is a folder, pipe or device, or is larger than 1 GiB.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe must not make us wait
        with open(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise DataError("not a regular file but a folder, pipe or device.")
            if status.st_size > MAX_BYTES:
                raise DataError(f"the file has {status.st_size >> 20} MiB, above the limit of {MAX_BYTES >> 20} MiB.")
            return file.read()
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror}).") from error


def image_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files among ``paths``, with the images below its folders sorted by name.

    In a folder, a file counts if its content or its ending is that of a format that is read; hidden files, links and
    DICOMDIR do not.

    Raises:
        DataError: a path does not exist.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DataError(f"{path} does not exist.")
        found += _walk(path) if path.is_dir() else [path]
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and name != "DICOMDIR" and _looks_like_image(path):
                yield path


def _looks_like_image(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    if path.suffix.lower() in _SUFFIXES:
        return True
    with open(path, "rb") as file:
        head = file.read(132)
    return head.startswith((_PNG_START, _JPEG_START)) or is_dicom(head)


def _kind(data: bytes) -> str:
    if data.startswith(_PNG_START):
        return "PNG"
    if data.startswith(_JPEG_START):
        return "JPEG"
    if is_dicom(data):
        return "DICOM"
    if not data:
        raise DataError("the file is empty.")
    name = next((name for start, name in _OTHERS if data.startswith(start)), "an unknown format")
    raise DataError(f"the file is {name}; read are {FORMATS}: convert it first.")


def _decode_png(data: bytes) -> Decoded:
    chunks = _png_chunks(data)
    width, height, bits, color = struct.unpack(">IIBB", chunks[0][1][:10])
    check_size(height, width)
    names = {name for name, _ in chunks}
    if b"acTL" in names:
        raise DataError(f"the PNG is an animation; read are {FORMATS} of one image.")
    # Only what the pixels need goes on: no profile or gamma that one decoder applies and another ignores, no text.
    lean = _PNG_START + b"".join(_png_chunk(*chunk) for chunk in chunks if chunk[0] in _PNG_PIXEL_CHUNKS)
    with Image.open(io.BytesIO(lean), formats=("PNG",)) as image:
        image.load()
        upright = image.getexif().get(_ORIENTATION, 1)
        pixels = _deep_color(lean) if bits == 16 and color & 2 else _channels(image)
    return _finish(pixels, bits, upright)


_PNG_PIXEL_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"IEND"}


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return (name, content) of every chunk with its CRC checked (PNG 3rd edition, 5.3); Pillow skips that of IDAT."""
    chunks, at = [], len(_PNG_START)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        crc = data[at + 8 + length : at + 12 + length]
        if len(crc) < 4:
            break
        if zlib.crc32(content, zlib.crc32(name)) != int.from_bytes(crc):
            raise DataError("the PNG is damaged: a checksum does not fit.")
        chunks.append((name, content))
        if name == b"IEND":
            break
        at += 12 + length
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1][0] != b"IEND":
        raise DataError("the PNG is truncated or damaged.")
    return chunks


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))


def _deep_color(data: bytes) -> NDArray[np.uint16]:
    """Return (H, W, 3 or 4) of a PNG of 16 bits per channel, which Pillow would cut to 8."""
    return np.asarray(imagecodecs.png_decode(data), np.uint16)


def _decode_jpeg(data: bytes) -> Decoded:
    width, height, body = _jpeg_parts(data)
    check_size(height, width)
    with Image.open(io.BytesIO(body), formats=("JPEG",)) as image:
        if image.mode not in ("L", "RGB"):
            raise DataError(f"the JPEG is {image.mode}, made for print: save it as grey or RGB.")
        upright = image.getexif().get(_ORIENTATION, 1)
        return _finish(_channels(image), 8, upright)


def _jpeg_parts(data: bytes) -> tuple[int, int, bytes]:
    """Return width, height and the data to decode."""
    at, frame = 2, (0, 0, 0)
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and at + 9 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 5)
            frame = (marker, height, width)
        if marker == 0xDA:
            break
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    marker, height, width = frame
    end = data.find(b"\xff\xd9", at)
    if not marker or end < 0:
        raise DataError("the JPEG is truncated or damaged.")
    return width, height, data


def _channels(image: Image.Image) -> NDArray[np.uint16]:
    """Return the pixels of a loaded image as uint16, (H, W) or (H, W, 2, 3 or 4)."""
    if image.mode == "I;16":
        if "transparency" in image.info:
            raise DataError("the PNG has a transparent grey value: save it without transparency.")
        return np.asarray(image).astype(np.uint16)
    if image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode == "1":
        image = image.convert("L")
    return np.asarray(image).astype(np.uint16) * np.uint16(257)


def _finish(pixels: NDArray[np.uint16], bits: int, orientation: int) -> Decoded:
    """Drop an opaque alpha channel, turn color to grey and the image upright."""
    notes = []
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4):
        if (pixels[..., -1] != 65535).any():
            raise DataError("the image has transparent pixels, which have no grey value: save it without transparency.")
        pixels = pixels[..., :-1]
        notes.append("opaque alpha channel dropped")
    if pixels.ndim == 3:
        pixels = pixels[..., 0] if pixels.shape[2] == 1 else to_grey(pixels)
        notes.append("color turned to grey")
    if orientation in _UPRIGHT:
        pixels = _UPRIGHT[orientation](pixels)
        notes.append("turned upright as its EXIF orientation says")
    return Decoded(np.ascontiguousarray(pixels), bits, tuple(notes))


_DECODERS: dict[str, Callable[[bytes], Decoded]] = {
    "PNG": _decode_png,
    "JPEG": _decode_jpeg,
    "DICOM": decode_dicom_bytes,
}
