from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom import uid
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from radtl_tf.data.decoding.dicom_frames import PLUGINS, check_syntax, decode_frame
from radtl_tf.data.decoding.grey import RefusedError
from radtl_tf.errors import DataError

RANDOM = np.random.default_rng(1)
DEEP = RANDOM.integers(0, 4096, (40, 30), dtype=np.uint16)
BYTE = RANDOM.integers(0, 256, (40, 31), dtype=np.uint8)
COLOR = RANDOM.integers(0, 256, (40, 30, 3), dtype=np.uint8)


@pytest.fixture
def dataset(dicom: Callable[..., bytes]) -> Callable[..., Dataset]:
    """Return ``dataset(pixels, syntax, frame, **attributes)``: a data set that holds ``frame`` as its pixel data."""

    def make(pixels: NDArray[Any], syntax: str, frame: bytes | None = None, **attributes: Any) -> Dataset:
        found = pydicom.dcmread(io.BytesIO(dicom(pixels, **attributes)))
        found.file_meta.TransferSyntaxUID = uid.UID(syntax)
        if frame is not None:
            found.PixelData = encapsulate([frame])
            found["PixelData"].VR = "OB"
            found["PixelData"].is_undefined_length = True
        return found

    return make


DatasetOf = Callable[..., Dataset]


@pytest.mark.parametrize("pixels", [BYTE, DEEP, COLOR, DEEP.astype(np.int16) - 2000], ids=str)
def test_native_pixels_come_back(dataset: DatasetOf, pixels: NDArray[Any]) -> None:
    found, _ = decode_frame(dataset(pixels, uid.ExplicitVRLittleEndian), uid.ExplicitVRLittleEndian)
    np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        (
            uid.JPEGLossless,
            lambda pixels: imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=4, bitspersample=12),
        ),
        (uid.JPEGLosslessSV1, lambda pixels: imagecodecs.ljpeg_encode(pixels, bitspersample=12)),
        (uid.JPEGLSLossless, imagecodecs.jpegls_encode),
        (uid.JPEG2000Lossless, lambda pixels: imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", bitspersample=12)),
        (uid.HTJ2KLossless, lambda pixels: imagecodecs.htj2k_encode(pixels, reversible=True)),
    ],
)
def test_lossless_compression_loses_nothing(
    dataset: DatasetOf, syntax: str, encode: Callable[[NDArray[Any]], bytes]
) -> None:
    found, _ = decode_frame(dataset(DEEP, syntax, encode(DEEP), BitsStored=12, HighBit=11), syntax)
    np.testing.assert_array_equal(found, DEEP)


@pytest.mark.parametrize("bits", [8, 10, 16])
def test_jpeg_lossless_is_read_in_every_depth_and_sign(dataset: DatasetOf, bits: int) -> None:
    pixels = RANDOM.integers(0, 1 << bits, (21, 17)).astype(np.uint8 if bits == 8 else np.uint16)
    frame = imagecodecs.jpeg8_encode(pixels, lossless=True, bitspersample=bits)
    plain = dataset(pixels, uid.JPEGLosslessSV1, frame, BitsStored=bits, HighBit=bits - 1)
    np.testing.assert_array_equal(decode_frame(plain, uid.JPEGLosslessSV1)[0], pixels)
    signed = dataset(pixels, uid.JPEGLosslessSV1, frame, BitsStored=bits, HighBit=bits - 1, PixelRepresentation=1)
    expected = pixels.astype(int) - (pixels >= 1 << bits - 1) * (1 << bits)
    np.testing.assert_array_equal(decode_frame(signed, uid.JPEGLosslessSV1)[0], expected)


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "SC_rgb_rle.dcm", "SC_rgb_rle_16bit.dcm"])
def test_rle_is_what_pydicom_decodes(name: str) -> None:
    found = pydicom.dcmread(get_testdata_file(name, download=False))  # type: ignore[arg-type]
    expected = pydicom.pixels.pixel_array(found, decoding_plugin="pydicom")
    np.testing.assert_array_equal(decode_frame(found, uid.RLELossless)[0], expected)


@pytest.mark.parametrize("pixels", [BYTE, DEEP, COLOR], ids=str)
def test_rle_of_odd_sizes_is_read(dataset: DatasetOf, pixels: NDArray[Any]) -> None:
    found = dataset(pixels, uid.ExplicitVRLittleEndian)
    found.compress(uid.RLELossless, encoding_plugin="pydicom")
    np.testing.assert_array_equal(decode_frame(found, uid.RLELossless)[0], pixels)


def test_jpeg_extended_of_twelve_bits_is_read(dataset: DatasetOf) -> None:
    smooth = (np.add.outer(np.arange(64), np.arange(48)) * 30).astype(np.uint16)
    frame = imagecodecs.jpeg8_encode(smooth, bitspersample=12, level=98)
    found, _ = decode_frame(
        dataset(smooth, uid.JPEGExtended12Bit, frame, BitsStored=12, HighBit=11), uid.JPEGExtended12Bit
    )
    assert np.abs(found.astype(int) - smooth).max() < 30


def test_bits_are_taken_from_where_high_bit_says(dataset: DatasetOf) -> None:
    """Old plates store 12 bits at the top of 16, with anything below."""
    noise = RANDOM.integers(0, 16, DEEP.shape).astype(np.uint16)
    top = dataset(DEEP << 4 | noise, uid.ExplicitVRLittleEndian, BitsStored=12, HighBit=15)
    np.testing.assert_array_equal(decode_frame(top, uid.ExplicitVRLittleEndian)[0], DEEP)
    low = dataset(DEEP | noise << 12, uid.ExplicitVRLittleEndian, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(decode_frame(low, uid.ExplicitVRLittleEndian)[0], DEEP)
    with pytest.raises(DataError, match="High Bit"):
        decode_frame(dataset(DEEP, uid.ExplicitVRLittleEndian, BitsStored=12, HighBit=3), uid.ExplicitVRLittleEndian)


def test_signed_values_of_few_bits_are_extended(dataset: DatasetOf) -> None:
    values = RANDOM.integers(-2048, 2048, DEEP.shape).astype(np.int16)
    found = dataset(values & 0xFFF, uid.ExplicitVRLittleEndian, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(decode_frame(found, uid.ExplicitVRLittleEndian)[0], values)


def test_compressed_pixels_of_more_bits_than_the_header_says_are_refused(dataset: DatasetOf) -> None:
    frame = imagecodecs.jpegls_encode(DEEP)
    with pytest.raises(RefusedError, check=lambda error: error.code == "header"):
        decode_frame(dataset(DEEP, uid.JPEGLSLossless, frame, BitsStored=10, HighBit=9), uid.JPEGLSLossless)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_jpeg_frame_that_ends_early_is_refused(dataset: DatasetOf, lossless: bool, share: float) -> None:
    frame = imagecodecs.jpeg8_encode(DEEP, bitspersample=12, lossless=lossless)
    syntax = uid.JPEGLosslessSV1 if lossless else uid.JPEGExtended12Bit
    cut = frame[: int(len(frame) * share)]
    assert imagecodecs.jpeg8_decode(cut + b"\xff\xd9").shape == DEEP.shape  # libjpeg alone accepts it
    for data in (cut, cut + b"\xff\xd9"):
        with pytest.raises((DataError, RuntimeError)):
            decode_frame(dataset(DEEP, syntax, data, BitsStored=12, HighBit=11), syntax)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("fill", [1, 2, 3])
def test_fill_bytes_before_the_end_are_no_damage(dataset: DatasetOf, lossless: bool, fill: int) -> None:
    """As DCMTK writes them, to make the length even."""
    frame = imagecodecs.jpeg8_encode(DEEP, bitspersample=12, lossless=lossless)
    syntax = uid.JPEGLosslessSV1 if lossless else uid.JPEGExtended12Bit
    filled = frame[:-2] + fill * b"\xff" + frame[-2:]
    found, _ = decode_frame(dataset(DEEP, syntax, filled, BitsStored=12, HighBit=11), syntax)
    np.testing.assert_array_equal(found, imagecodecs.jpeg8_decode(frame))


def test_a_jpeg_frame_of_another_size_is_refused(dataset: DatasetOf) -> None:
    frame = imagecodecs.ljpeg_encode(DEEP, bitspersample=12)
    with pytest.raises((DataError, RuntimeError)):
        decode_frame(dataset(DEEP[:-1], uid.JPEGLosslessSV1, frame, BitsStored=12, HighBit=11), uid.JPEGLosslessSV1)


def test_an_rle_segment_cannot_fill_the_memory(dataset: DatasetOf) -> None:
    """12 MB of runs would unpack to 800 MB."""
    header = np.array([2, 64, 64 + 200_000, *[0] * 13], "<u4").tobytes()
    bomb = header + b"\x81\x00" * 200_000
    with pytest.raises(RuntimeError, match="OUTPUT_TOO_SMALL"):
        decode_frame(dataset(DEEP, uid.RLELossless, bomb), uid.RLELossless)


def test_a_second_frame_is_refused(dataset: DatasetOf) -> None:
    found = dataset(DEEP, uid.ExplicitVRLittleEndian)
    found.PixelData = found.PixelData * 2
    with pytest.raises(RefusedError, check=lambda error: error.code == "frames"):
        decode_frame(found, uid.ExplicitVRLittleEndian)
    frame = imagecodecs.jpegls_encode(DEEP)
    for has_table in (True, False):
        found = dataset(DEEP, uid.JPEGLSLossless, frame)
        found.PixelData = encapsulate([frame, frame], has_bot=has_table)
        with pytest.raises(RefusedError, check=lambda error: error.code == "frames"):
            decode_frame(found, uid.JPEGLSLossless)


def test_one_frame_in_several_fragments_is_read(dataset: DatasetOf) -> None:
    found = dataset(DEEP, uid.JPEGLSLossless)
    found.PixelData = encapsulate([imagecodecs.jpegls_encode(DEEP)], fragments_per_frame=3)
    found["PixelData"].VR, found["PixelData"].is_undefined_length = "OB", True
    np.testing.assert_array_equal(decode_frame(found, uid.JPEGLSLossless)[0], DEEP)


def test_no_decoder_is_left_to_chance() -> None:
    assert not {"gdcm", "pylibjpeg-libjpeg"} & set(PLUGINS.values())
    encapsulated = {syntax for syntax in PLUGINS if uid.UID(syntax).is_encapsulated}
    assert all(PLUGINS[syntax] in pydicom.pixels.get_decoder(syntax).available_plugins for syntax in encapsulated)


@pytest.mark.parametrize(
    ("syntax", "named"),
    [("1.2.840.10008.1.2.4.110", "JPEG XL"), (uid.MPEG2MPML, "syntax"), ("1.2.3.4", "syntax")],
)
def test_other_transfer_syntaxes_are_refused(syntax: str, named: str) -> None:
    with pytest.raises(RefusedError, match=named, check=lambda error: error.code == "syntax"):
        check_syntax(syntax)
