"""Decode a radiograph to uint16 grey: PNG, JPEG, TIFF and DICOM, recognized by content.

Training and prediction read pixels through this module only. JPEG gives the same pixels as
``tf.io.decode_jpeg(dct_method="INTEGER_ACCURATE")``. 8-bit values are multiplied by 257.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radtl_tf.data.decoding import tiff
from radtl_tf.data.decoding.depth import significant_bits, with_depth
from radtl_tf.data.decoding.dicom_without_preamble import is_dicom
from radtl_tf.data.decoding.grey import (
    GREY_WEIGHTS,
    MAX_PIXELS,
    NO_MEMORY,
    Decoded,
    NoRadiographError,
    RefusedError,
    check_size,
    read_file,
    sixteen_bits,
    to_grey,
)
from radtl_tf.data.decoding.jpeg_headers import read_frame, without_end
from radtl_tf.errors import DataError

__all__ = [
    "FORMATS",
    "GREY_WEIGHTS",
    "MAX_PIXELS",
    "PNG_START",
    "Decoded",
    "NoRadiographError",
    "chunk",
    "decode",
    "decode_bytes",
    "format_name",
    "looks_like_image",
    "read_file",
    "to_grey",
]

FORMATS = "PNG, JPEG, TIFF and DICOM"
PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_START = b"\xff\xd8\xff"
_SUFFIXES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".dcm": "DICOM",
    ".dicom": "DICOM",
}
# The chunks of a PNG that a decoder receives, in this order.
_PNG_CHUNKS = (b"IHDR", b"eXIf", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_PNG_PALETTE = 3  # the color type
_OTHERS = (
    (b"GIF8", "a GIF"),
    (b"RIFF", "a WebP or another RIFF file"),
    (b"II+\0", "a BigTIFF"),
    (b"MM\0+", "a BigTIFF"),
    (b"BM", "a BMP"),
    (b"%PDF", "a PDF"),
    (b"<", "SVG, HTML or another text"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"version https://git-lfs", "a pointer of Git LFS"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
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


def decode(path: Path, depth: int | None = None) -> Decoded:
    """Decode the file ``path`` to uint16 grey (H, W); ``depth`` as for ``decode_bytes``.

    Raises:
        DataError: the file is missing, damaged, too large or of another format; the message holds no name or value.
    """
    return decode_bytes(read_file(path), path.suffix, depth)


def decode_bytes(data: bytes, suffix: str = "", depth: int | None = None) -> Decoded:
    """Decode the content of a file; a note says if ``suffix``, the ending of its name, contradicts the content.

    ``depth`` is the number of bits that the values of a PNG, JPEG or TIFF really use; by default a PNG's own sBIT chunk
    decides. DICOM files always declare their depth.

    Raises:
        DataError: the content is damaged, too large, of another format, or holds larger values than ``depth`` allows.
    """
    kind = _kind(data)
    try:
        decoded = _DECODERS[kind](data, depth)
    except DataError:
        raise
    except MemoryError:
        raise RefusedError("memory", NO_MEMORY) from None
    except Exception as error:
        raise RefusedError("damaged", f"the {kind} image is damaged or truncated ({type(error).__name__}).") from error
    claimed = _SUFFIXES.get(suffix.lower(), kind)
    if claimed == kind:
        return decoded
    return replace(decoded, notes=(*decoded.notes, f"{kind} content under a name for {claimed}"))


def format_name(path: Path) -> str:
    """Return the apparent format of a file that is not supported, for a count of such files."""
    with open(path, "rb") as file:
        head = file.read(64)
    return next(
        (name for start, name in _OTHERS if head.startswith(start)), "of an unknown format" if head else "empty"
    )


def looks_like_image(path: Path) -> bool:
    """Tell whether a file has the content or the ending of a supported format."""
    if path.suffix.lower() in _SUFFIXES:
        return True
    with open(path, "rb") as file:
        head = file.read(132)
    return head.startswith((PNG_START, _JPEG_START, *tiff.STARTS)) or is_dicom(head)


def _kind(data: bytes) -> str:
    if data.startswith(PNG_START):
        return "PNG"
    if data.startswith(_JPEG_START):
        return "JPEG"
    if data.startswith(tiff.STARTS):
        return "TIFF"
    if is_dicom(data):
        return "DICOM"
    if not data:
        raise RefusedError("damaged", "the file is empty.")
    name = next((name for start, name in _OTHERS if data.startswith(start)), "an unknown format")
    raise RefusedError("format", f"the file is {name}; expected {FORMATS}: convert it.")


def _decode_png(data: bytes, depth: int | None) -> Decoded:
    chunks = _png_chunks(data)
    width, height, bits, color = struct.unpack(">IIBB", chunks[0][1][:10])
    check_size(height, width)
    if any(name == b"acTL" for name, _ in chunks):
        raise RefusedError("frames", "the PNG is an animation; expected one image: save the radiograph as one image.")
    lean = _lean_png(chunks)
    # Pillow would reduce 16 bits per channel to 8, and fill missing lines with black.
    values = np.asarray(imagecodecs.png_decode(lean))
    with Image.open(io.BytesIO(lean), formats=("PNG",)) as image:
        # Without this chunk, Pillow would decode all pixels in search of it.
        orientation = _orientation(image) if any(name == b"eXIf" for name, _ in chunks) else 1
        is_plain = bits >= 8 and color != _PNG_PALETTE and "transparency" not in image.info
        pixels = sixteen_bits(values) if is_plain else _channels(image)
    decoded = _finish(pixels, bits, orientation)
    return decoded if color == _PNG_PALETTE else with_depth(decoded, depth, significant_bits(chunks))


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return (name, content) of every chunk; check each CRC (PNG 3rd edition, 5.3), as Pillow does not for IDAT."""
    chunks, at = [], len(PNG_START)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        crc = data[at + 8 + length : at + 12 + length]
        if len(crc) < 4:
            break
        if zlib.crc32(content, zlib.crc32(name)) != int.from_bytes(crc):
            raise RefusedError("damaged", "the PNG is damaged: a checksum is wrong.")
        chunks.append((name, content))
        if name == b"IEND":
            break
        at += 12 + length
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1][0] != b"IEND":
        raise RefusedError("damaged", "the PNG is truncated or damaged.")
    return chunks


def _lean_png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Return a PNG with only the chunks that the pixels need: no text, and no gamma, which only some decoders apply."""
    kept = sorted((each for each in chunks if each[0] in _PNG_CHUNKS), key=lambda each: _PNG_CHUNKS.index(each[0]))
    return PNG_START + b"".join(chunk(name, content) for name, content in kept)


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG: length, name, content and their CRC (PNG 3rd edition, 5.3)."""
    check = zlib.crc32(content, zlib.crc32(name))
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def _decode_jpeg(data: bytes, depth: int | None) -> Decoded:
    frame = read_frame(data)
    check_size(frame.height, frame.width)
    with Image.open(io.BytesIO(without_end(data, frame)), formats=("JPEG",)) as image:
        if image.mode not in ("L", "RGB"):
            raise RefusedError(
                "layout", f"the JPEG has the color mode {image.mode}; expected grey or RGB: save it as one of them."
            )
        return with_depth(_finish(_channels(image), 8, _orientation(image)), depth)


def _decode_dicom(data: bytes, depth: int | None) -> Decoded:
    from radtl_tf.data.decoding.dicom import decode_dicom_bytes  # pydicom is slow to import

    return decode_dicom_bytes(data)


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; damaged EXIF data are ignored, as in any viewer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return image.getexif().get(_ORIENTATION, 1)
        except Exception:
            return 1


def _channels(image: Image.Image) -> NDArray[np.uint16]:
    """Return the pixels of a Pillow image as uint16, (H, W) or (H, W, 2, 3 or 4)."""
    if image.mode == "I;16":
        if "transparency" in image.info:
            raise RefusedError("transparent", "the PNG has a transparent grey value: save it without transparency.")
        return np.asarray(image).astype(np.uint16)
    if image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode == "1":
        image = image.convert("L")
    return sixteen_bits(np.asarray(image))


def _finish(pixels: NDArray[np.uint16], bits: int, orientation: int) -> Decoded:
    """Drop an opaque alpha channel, turn color to grey and the image upright."""
    notes = []
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4):
        if (pixels[..., -1] != 65535).any():
            raise RefusedError(
                "transparent",
                "the image has transparent pixels, which have no grey value: save it without transparency.",
            )
        pixels = pixels[..., :-1]
        notes.append("opaque alpha channel dropped")
    if pixels.ndim == 3:
        pixels = pixels[..., 0] if pixels.shape[2] == 1 else to_grey(pixels)
        notes.append("color turned to grey")
    if orientation in _UPRIGHT:
        pixels = _UPRIGHT[orientation](pixels)
        notes.append("turned upright as its EXIF orientation says")
    return Decoded(np.ascontiguousarray(pixels), bits, tuple(notes))


_DECODERS: dict[str, Callable[[bytes, int | None], Decoded]] = {
    "PNG": _decode_png,
    "JPEG": _decode_jpeg,
    "TIFF": tiff.decode_tiff,
    "DICOM": _decode_dicom,
}
