"""Decode the one frame of a DICOM image; this module chooses the decoder of each transfer syntax.

Otherwise pydicom would use what is installed, first GDCM, which crashes on damaged input. JPEG lossless, JPEG extended
and RLE are decoded by imagecodecs, as a plugin of pydicom.
"""

from __future__ import annotations

import struct
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragments, generate_frames, parse_basic_offsets
from pydicom.pixels import get_decoder
from pydicom.pixels.decoders.base import DecodeRunner

from radtl_tf.data.decoding.grey import MAX_BYTES, RefusedError
from radtl_tf.data.decoding.jpeg_headers import END, codestream_size, without_fill

_OWN = "radtl"
_NATIVE = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
)
PLUGINS: dict[str, str] = {
    **dict.fromkeys(_NATIVE, ""),
    uid.RLELossless: _OWN,
    uid.JPEGBaseline8Bit: "pillow",
    uid.JPEGExtended12Bit: _OWN,
    uid.JPEGLossless: _OWN,
    uid.JPEGLosslessSV1: _OWN,
    uid.JPEGLSLossless: "pyjpegls",
    uid.JPEGLSNearLossless: "pyjpegls",
    **dict.fromkeys(
        (uid.JPEG2000Lossless, uid.JPEG2000, uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K), "pylibjpeg"
    ),
}
_JPEG_XL = ("1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112")
_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")  # of a JPEG or JPEG-LS, and of a JPEG 2000 codestream
_OPTIONS: Any = {"correct_unused_bits": False}  # this module does it, with High Bit
_FILLER = bytes.fromhex("5aa5c33c") * 16


def check_syntax(syntax: str) -> None:
    """Refuse a transfer syntax that is not supported.

    Raises:
        DataError: the syntax is JPEG XL, video, or unknown.
    """
    if syntax in _JPEG_XL:
        raise RefusedError(
            "syntax", "the DICOM pixels are compressed as JPEG XL, which is not supported: convert them to JPEG 2000."
        )
    if syntax not in PLUGINS:
        raise RefusedError("syntax", "the DICOM transfer syntax is not supported: decompress the file.")


def decode_frame(dataset: Dataset, syntax: str) -> tuple[NDArray[np.generic], str]:
    """Return the pixels (H, W) or (H, W, 3) as stored, and their photometric interpretation after decoding.

    Values are taken from *Bits Stored* at *High Bit* and sign-extended (PS3.5 8.1.1); YBR is returned as RGB.

    Raises:
        DataError: the pixel data hold more than one frame.
    """
    _check_one_frame(dataset, uid.UID(syntax))
    native = syntax in _NATIVE or syntax == uid.RLELossless
    if not native:
        _check_codestream(dataset)
    pixels, properties = get_decoder(syntax).as_array(dataset, index=0, decoding_plugin=PLUGINS[syntax], **_OPTIONS)
    stored = int(dataset.BitsStored)
    high = int(dataset.get("HighBit", stored - 1)) if native else stored - 1
    values = _stored_bits(pixels, stored, high)
    if not native and pixels.dtype.kind == "u" and not np.array_equal(values, pixels):
        raise RefusedError(
            "header", "the compressed DICOM pixels use more bits than the header says: export the file again."
        )
    return values, str(properties["photometric_interpretation"])


def _check_one_frame(dataset: Dataset, syntax: uid.UID) -> None:
    data = dataset.PixelData
    if syntax.is_encapsulated:
        offsets = parse_basic_offsets(data)
        starts = sum(fragment.startswith(_STARTS) for fragment in generate_fragments(data[8 + 4 * len(offsets) :]))
        excess = len(offsets) > 1 or starts > 1
    else:
        size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated // 8
        excess = len(data) >= 2 * size
    if excess:
        raise RefusedError(
            "frames", "the DICOM pixel data hold more than one frame, but the header says one: extract the radiograph."
        )


def _check_codestream(dataset: Dataset) -> None:
    """Refuse a codestream whose size differs from the header, before the decoder allocates memory for it."""
    frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
    if codestream_size(frame) != (dataset.Rows, dataset.Columns, dataset.SamplesPerPixel):
        raise RefusedError(
            "header", "the compressed DICOM image has another size than its header says: export the file again."
        )


def _stored_bits(pixels: NDArray[np.generic], stored: int, high: int) -> NDArray[np.generic]:
    """Return the values of bits ``high - stored + 1`` to ``high``; the other bits are ignored."""
    allocated = pixels.dtype.itemsize * 8
    if not stored - 1 <= high < allocated:
        raise RefusedError(
            "header", "the DICOM header contradicts itself: High Bit does not fit Bits Stored and Bits Allocated."
        )
    return (pixels << (allocated - 1 - high)) >> (allocated - stored)  # type: ignore[operator]


def is_available(syntax: str) -> bool:
    """Tell pydicom that the plugin can decode ``syntax``."""
    return PLUGINS.get(syntax) == _OWN


DECODER_DEPENDENCIES = {syntax: ("imagecodecs",) for syntax, plugin in PLUGINS.items() if plugin == _OWN}


def decode_with_imagecodecs(source: bytes, runner: DecodeRunner) -> bytes:
    """Return the raw bytes of a frame, as pydicom asks of a plugin."""
    return _rle(source, runner) if runner.transfer_syntax == uid.RLELossless else _jpeg(source, runner)


def _jpeg(source: bytes, runner: DecodeRunner) -> bytes:
    """Decode JPEG lossless of up to 16 bits, or extended of 12.

    libjpeg fills in missing data at the end without an error. To detect this, the frame is decoded a second time with
    other bytes after it: the pixels of a complete frame do not change.
    """
    scan = without_fill(source[: source.rfind(END)])
    pixels = imagecodecs.jpeg8_decode(scan + END)
    if not np.array_equal(pixels, imagecodecs.jpeg8_decode(scan + _FILLER + END)):
        raise RefusedError("damaged", "the DICOM pixel data are truncated.")
    runner.set_option("bits_allocated", pixels.dtype.itemsize * 8)
    runner.set_option("planar_configuration", 0)
    return pixels.tobytes()


def _rle(source: bytes, runner: DecodeRunner) -> bytes:
    """Decode RLE (PS3.5 Annex G) into a buffer of the size that the header gives, and no larger."""
    number, *offsets = struct.unpack("<16L", source[:64])
    width = runner.bits_allocated // 8
    if number != runner.samples_per_pixel * width:
        raise RefusedError("header", "the DICOM RLE segments do not fit the header.")
    length = runner.rows * runner.columns
    bounds = [*offsets[:number], len(source)]
    planes = [_unpacked(source[start:end], length) for start, end in zip(bounds, bounds[1:], strict=False)]
    values = np.stack(planes).reshape(runner.samples_per_pixel, width, length)  # the most significant byte first
    runner.set_option("planar_configuration", 1)
    return values[:, ::-1].transpose(0, 2, 1).tobytes()


def _unpacked(segment: bytes, length: int) -> NDArray[np.uint8]:
    out = bytearray(min(length + 2, MAX_BYTES))  # a segment of odd length ends with a byte that means nothing
    plane = np.frombuffer(imagecodecs.packbits_decode(segment, out=out), np.uint8)
    if len(plane) < length:
        raise RefusedError("damaged", "the DICOM pixel data are truncated.")
    return plane[:length]


for _syntax in DECODER_DEPENDENCIES:
    if _OWN not in get_decoder(_syntax).available_plugins:
        get_decoder(_syntax).add_plugin(_OWN, (__name__, "decode_with_imagecodecs"))
