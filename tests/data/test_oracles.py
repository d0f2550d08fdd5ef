"""Comparison with other programs: one image in every lossless transfer syntax; windows and tables as in DCMTK.

DCMTK is the Debian package ``dcmtk``; it shares no code with the decoders used here.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from radtl_tf.data.decoding.dicom import decode_dicom_bytes
from radtl_tf.data.decoding.dicom_frames import PLUGINS

Dicom = Callable[..., bytes]
Pixels = NDArray[np.uint16]
ROWS, COLUMNS = np.mgrid[0:61, 0:45]
NOISE = np.random.default_rng(4).integers(0, 90, ROWS.shape)
STORED = np.clip(ROWS * 40 + COLUMNS * 35 + NOISE, 0, 4095).astype(np.uint16)
TWELVE: dict[str, Any] = {"BitsStored": 12, "HighBit": 11}
ONE_GREY_LEVEL = 257  # of 8 bits

needs_dcmtk = pytest.mark.skipif(not shutil.which("dcmj2pnm"), reason="DCMTK (dcmj2pnm) is not installed")


def _rewritten(data: bytes, syntax: str) -> bytes:
    """Return the file in a syntax that pydicom writes."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    if syntax == uid.RLELossless:
        dataset.compress(syntax, encoding_plugin="pydicom", generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = uid.UID(syntax)
    if syntax == uid.ExplicitVRBigEndian:
        dataset.PixelData = STORED.astype(">u2").tobytes()
    buffer = io.BytesIO()
    implicit, little = syntax == uid.ImplicitVRLittleEndian, syntax != uid.ExplicitVRBigEndian
    pydicom.dcmwrite(buffer, dataset, implicit_vr=implicit, little_endian=little)
    return buffer.getvalue()


def _holding(data: bytes, syntax: str, frame: bytes) -> bytes:
    """Return the file with its pixels as a compressed frame."""
    dataset = pydicom.dcmread(io.BytesIO(data))
    dataset.file_meta.TransferSyntaxUID = uid.UID(syntax)
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset)
    return buffer.getvalue()


LOSSLESS: dict[str, Callable[[Pixels], bytes] | None] = {
    uid.ExplicitVRLittleEndian: None,
    uid.ImplicitVRLittleEndian: None,
    uid.ExplicitVRBigEndian: None,
    uid.DeflatedExplicitVRLittleEndian: None,
    uid.RLELossless: None,
    uid.JPEGLossless: lambda pixels: imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=6, bitspersample=12),
    uid.JPEGLosslessSV1: lambda pixels: imagecodecs.ljpeg_encode(pixels, bitspersample=12),
    uid.JPEGLSLossless: imagecodecs.jpegls_encode,
    uid.JPEGLSNearLossless: imagecodecs.jpegls_encode,  # which can also be lossless
    uid.JPEG2000Lossless: lambda pixels: imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", bitspersample=12),
    uid.JPEG2000: lambda pixels: imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", bitspersample=12),
    uid.HTJ2KLossless: lambda pixels: imagecodecs.htj2k_encode(pixels, reversible=True),
    uid.HTJ2KLosslessRPCL: lambda pixels: imagecodecs.htj2k_encode(pixels, reversible=True),
    uid.HTJ2K: lambda pixels: imagecodecs.htj2k_encode(pixels, reversible=True),
}
LOSSY = {uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit}


@pytest.mark.parametrize("syntax", LOSSLESS, ids=lambda syntax: uid.UID(syntax).name)
def test_one_image_is_the_same_in_every_lossless_syntax(dicom: Dicom, syntax: str) -> None:
    plain = dicom(STORED, **TWELVE, WindowCenter=2047.5, WindowWidth=4095, VOILUTFunction="LINEAR_EXACT")
    encode = LOSSLESS[syntax]
    data = _holding(plain, syntax, encode(STORED)) if encode else _rewritten(plain, syntax)
    assert pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True).file_meta.TransferSyntaxUID == syntax
    np.testing.assert_array_equal(decode_dicom_bytes(data).pixels, np.rint(STORED / np.float32(4095) * 65535))


def test_every_syntax_that_is_read_is_compared() -> None:
    assert LOSSLESS.keys() | LOSSY == PLUGINS.keys()


def _dcmtk(program: str, *words: object) -> None:
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def _shown_by_dcmtk(path: Path, *options: object) -> Pixels:
    out = path.with_suffix(".pgm")
    _dcmtk(
        "dcml2pnm" if b"1.2.840.10008.1.2.4.8" in path.read_bytes()[:400] else "dcmj2pnm", *options, "+opw", path, out
    )
    return np.asarray(Image.open(out)).astype(np.uint16)


def _table(values: NDArray[Any], bits: int, first: int = 0) -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [len(values), first, bits]
    item.LUTData = values.astype(int).tolist()
    item["LUTDescriptor"].VR = item["LUTData"].VR = "US"
    return item


CURVE = _table(np.linspace(0, 1, 4096) ** 2 * 4095, 12)
SHORT = _table(np.sqrt(np.linspace(0, 1, 1000)) * 65535, 16, first=500)
SHOWN: dict[str, tuple[dict[str, Any], tuple[object, ...]]] = {
    "window": ({"WindowCenter": 2000, "WindowWidth": 1500}, ("+Wi", 1)),
    "window by hand": ({"WindowCenter": 1000.5, "WindowWidth": 300}, ("+Ww", 1000.5, 300)),
    "first of two windows": ({"WindowCenter": [1500, 9], "WindowWidth": [800, 2]}, ("+Wi", 1)),
    "sigmoid": ({"WindowCenter": 2000, "WindowWidth": 900, "VOILUTFunction": "SIGMOID"}, ("+Wi", 1)),
    "MONOCHROME1": (
        {"WindowCenter": 2000, "WindowWidth": 1500, "PhotometricInterpretation": "MONOCHROME1"},
        ("+Wi", 1),
    ),
    "rescale": (
        {"WindowCenter": 500, "WindowWidth": 3000, "RescaleSlope": 2, "RescaleIntercept": -1024, "RescaleType": "US"},
        ("+Wi", 1),
    ),
    "VOI table": ({"VOILUTSequence": [CURVE]}, ("+Wl", 1)),
    "VOI table that begins at 500": ({"VOILUTSequence": [SHORT]}, ("+Wl", 1)),
    "modality table, then a window": (
        {"ModalityLUTSequence": [CURVE], "WindowCenter": 1500, "WindowWidth": 2000},
        ("+Wi", 1),
    ),
}


@pytest.mark.slow
@needs_dcmtk
@pytest.mark.parametrize("name", SHOWN)
def test_windows_and_tables_are_shown_as_by_dcmtk(name: str, dicom: Dicom, tmp_path: Path) -> None:
    attributes, options = SHOWN[name]
    path = tmp_path / "x.dcm"
    path.write_bytes(dicom(STORED, **TWELVE, **attributes))
    expected, found = _shown_by_dcmtk(path, *options), decode_dicom_bytes(path.read_bytes()).pixels
    difference = np.abs(expected.astype(int) - found)
    print(f"{name}: at most {difference.max() / ONE_GREY_LEVEL:.3f} grey levels of 8 bits")
    assert np.ptp(expected) > 30_000
    assert difference.max() <= ONE_GREY_LEVEL / 10


@pytest.mark.slow
@needs_dcmtk
@pytest.mark.parametrize(
    ("program", "options", "syntax"),
    [
        ("dcmcjpeg", ("+e1",), uid.JPEGLosslessSV1),
        ("dcmcjpeg", ("+el", "+sv", 6), uid.JPEGLossless),
        ("dcmcjpls", ("+el",), uid.JPEGLSLossless),
        ("dcmcrle", (), uid.RLELossless),
        ("dcmconv", ("+td",), uid.DeflatedExplicitVRLittleEndian),
        ("dcmconv", ("+tb",), uid.ExplicitVRBigEndian),
        ("dcmconv", ("+ti",), uid.ImplicitVRLittleEndian),
    ],
)
def test_what_dcmtk_compresses_is_read_as_it_was(
    program: str, options: tuple[object, ...], syntax: str, dicom: Dicom, tmp_path: Path
) -> None:
    plain, packed = tmp_path / "plain.dcm", tmp_path / "packed.dcm"
    plain.write_bytes(dicom(STORED, **TWELVE, WindowCenter=2000, WindowWidth=1500))
    _dcmtk(program, *options, plain, packed)
    assert pydicom.dcmread(packed, stop_before_pixels=True).file_meta.TransferSyntaxUID == syntax
    expected = decode_dicom_bytes(plain.read_bytes()).pixels
    np.testing.assert_array_equal(decode_dicom_bytes(packed.read_bytes()).pixels, expected)


@pytest.mark.slow
@needs_dcmtk
@pytest.mark.parametrize(("option", "bits"), [("+eb", 8), ("+ee", 12)])
def test_lossy_jpeg_is_shown_as_by_dcmtk(option: str, bits: int, dicom: Dicom, tmp_path: Path) -> None:
    """DCMTK uses another fast transform, so a few values may round differently."""
    plain, packed = tmp_path / "plain.dcm", tmp_path / "packed.dcm"
    pixels = STORED if bits == 12 else (STORED >> 4).astype(np.uint8)
    window = {"WindowCenter": 1 << bits - 1, "WindowWidth": 1 << bits}
    plain.write_bytes(dicom(pixels, BitsStored=bits, HighBit=bits - 1, **window))
    _dcmtk("dcmcjpeg", option, "+q", 95, plain, packed)
    expected, found = _shown_by_dcmtk(packed, "+Wi", 1), decode_dicom_bytes(packed.read_bytes()).pixels
    difference = np.abs(expected.astype(int) - found)
    print(f"{bits} bits: at most {difference.max() / ONE_GREY_LEVEL:.3f} grey levels of 8 bits")
    assert difference.max() <= ONE_GREY_LEVEL / 10
