"""Decode a TIFF of one grey page, 8 or 16 bits, to uint16; refuse every other kind of TIFF with the reason.

Pillow and libtiff decode it in a worker process, so a crash costs only that file. Compressions whose decoders fill in
missing pixels are not supported.
"""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from radtl_tf.data.decoding.depth import WHITE, with_depth
from radtl_tf.data.decoding.grey import Decoded, RefusedError, check_size, sixteen_bits

STARTS = (b"II*\0", b"MM\0*")
# TIFF 6.0, section 8; the numbers of the tags.
_BITS, _PHOTOMETRY, _SAMPLES, _SAMPLE_FORMAT, _ORIENTATION = 258, 262, 277, 339, 274
_WHITE_IS_ZERO, _BLACK_IS_ZERO = 0, 1
_UNSIGNED = 1
_COMPRESSIONS = ("raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits")


def decode_tiff(data: bytes, depth: int | None) -> Decoded:
    """Decode the content of a TIFF file to uint16 grey (H, W); ``depth`` as for ``with_depth``.

    Raises:
        DataError: the file is damaged, has several pages, colors, other depths or another compression.
    """
    with _opened(data) as image:
        if not isinstance(image, TiffImageFile):
            raise RefusedError("format", "the file is not a TIFF.")
        check_size(image.height, image.width)
        bits, is_inverted = _layout(image)
        is_turned = image.tag_v2.get(_ORIENTATION, 1) != 1
        values = np.asarray(image)  # turned upright by Pillow
    stored = values.astype(np.uint16) if bits == 16 else values
    if is_inverted and bits == 8:
        stored = 255 - stored  # Pillow has inverted these
    decoded = with_depth(Decoded(np.ascontiguousarray(sixteen_bits(stored)), bits), depth)
    notes = ["inverted"] * is_inverted + ["turned upright as its orientation says"] * is_turned
    pixels = WHITE - decoded.pixels if is_inverted else decoded.pixels
    return replace(decoded, pixels=pixels, notes=(*decoded.notes, *notes))


def _opened(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=("TIFF",))
    except Image.DecompressionBombError:
        raise RefusedError("too-large", "the TIFF claims more pixels than are allowed: scale it down.") from None


def _layout(image: TiffImageFile) -> tuple[int, bool]:
    """Return the depth, and whether the lowest value is white; refuse other layouts."""
    if image.n_frames != 1:
        raise RefusedError(
            "frames", f"the TIFF has {image.n_frames} pages; expected one: save the radiograph as one page."
        )
    tags = image.tag_v2
    bits, samples = tags.get(_BITS, (1,)), tags.get(_SAMPLES, 1)
    photometry, form = tags.get(_PHOTOMETRY), tags.get(_SAMPLE_FORMAT, (_UNSIGNED,))
    is_grey = samples == 1 and photometry in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
    if not is_grey or bits not in ((8,), (16,)) or form != (_UNSIGNED,):
        raise RefusedError("layout", "the TIFF is not unsigned grey of 8 or 16 bits: save it in this form, or as PNG.")
    compression = image.info.get("compression", "raw")
    if compression not in _COMPRESSIONS:
        raise RefusedError(
            "layout",
            "the TIFF uses an unsupported compression; expected LZW, deflate, PackBits or none: save it as PNG.",
        )
    return bits[0], photometry == _WHITE_IS_ZERO
