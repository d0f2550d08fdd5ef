"""Convert DICOM radiographs to uint16 grey: read the header, refuse early, decode one frame, apply the display steps.

Only a list of allowed attributes is read, and no message or note holds a value of the file. The patient id leaves the
header only as a hash.
"""

from __future__ import annotations

import io
import logging
import warnings
import zlib
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset, FileDataset
from pydicom.filereader import read_dataset
from pydicom.pixels import apply_color_lut

from radtl_tf.data.decoding.dicom_frames import check_syntax, decode_frame
from radtl_tf.data.decoding.dicom_metadata import TAGS as METADATA_TAGS
from radtl_tf.data.decoding.dicom_metadata import metadata_of, patient_of
from radtl_tf.data.decoding.dicom_values import square_pixels, to_unit_grey
from radtl_tf.data.decoding.dicom_without_preamble import is_dicom, with_preamble
from radtl_tf.data.decoding.grey import (
    NO_MEMORY,
    Decoded,
    NoRadiographError,
    RefusedError,
    check_size,
    to_grey,
)
from radtl_tf.data.decoding.reading import COLLIMATOR, OVERLAY, SHUTTER, WITHOUT_PREAMBLE
from radtl_tf.errors import DataError

logging.getLogger("pydicom").propagate = False  # its messages quote values of the file

# Radiographs (PS3.4 B.5), and secondary captures, which may show anything.
_RADIOGRAPHS = {
    uid.ComputedRadiographyImageStorage,
    uid.DigitalXRayImageStorageForPresentation,
    uid.DigitalXRayImageStorageForProcessing,
    uid.DigitalMammographyXRayImageStorageForPresentation,
    uid.DigitalMammographyXRayImageStorageForProcessing,
    uid.DigitalIntraOralXRayImageStorageForPresentation,
    uid.DigitalIntraOralXRayImageStorageForProcessing,
}
_CAPTURES = {
    uid.SecondaryCaptureImageStorage,
    uid.MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    uid.MultiFrameTrueColorSecondaryCaptureImageStorage,
}
_PALETTE = [
    f"{color}PaletteColorLookupTable{part}" for color in ("Red", "Green", "Blue") for part in ("Descriptor", "Data")
]
_OVERLAY_ROWS = tuple(group << 16 | 0x0010 for group in range(0x6000, 0x6020, 2))  # PS3.3 C.9.2
_TAGS: Any = [
    "SOPClassUID",
    "Modality",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "ModalityLUTSequence",
    "RescaleSlope",
    "RescaleIntercept",
    "VOILUTSequence",
    "VOILUTFunction",
    "WindowCenter",
    "WindowWidth",
    "PresentationLUTShape",
    "PixelAspectRatio",
    "BurnedInAnnotation",
    "ShutterShape",
    "CollimatorShape",
    "PatientID",
    *METADATA_TAGS,
    *_PALETTE,
    *_OVERLAY_ROWS,
]
# What a structured report copies from its image (PS3.3 A.35.3: modules of patient, study and references).
_IDENTITY: Any = [
    *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"),
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber"),
]
_MODALITIES = ("CR", "DX", "PX", "IO", "MG", "RG")
_META_START = 132  # after the preamble and "DICM"
_MAX_INFLATED = 1 << 28  # bytes of a deflated file; a file of 612 kB can inflate to 600 MB
Result = TypeVar("Result")


def decode_dicom_bytes(data: bytes) -> Decoded:
    """Decode the content of a DICOM file to uint16 grey (H, W); notes say how.

    Raises:
        NoRadiographError: the file holds something else, such as a report.
        DataError: the file is damaged, too large, has several frames, or uses an unsupported compression.
    """
    whole, was_bare = with_preamble(data)
    plain, syntax = _safely(lambda: _inflated(whole), "its file meta information is damaged")
    header = _safely(lambda: _read(plain, pixels=False), "its header is damaged")
    notes = [WITHOUT_PREAMBLE] * was_bare + _safely(lambda: _checked(header, syntax), "its header is damaged")
    return _safely(
        lambda: _decoded(_read(plain, pixels=True), syntax, notes), "its pixel data are damaged or truncated"
    )


def identity_of(data: bytes) -> str:
    """Return the identity of the image in a DICOM file as DICOM JSON: who and what it shows, and its UIDs.

    This is the only function that returns values which identify a patient. An attribute without a value is left out.

    Raises:
        DataError: the file is not DICOM, or its header is damaged.
    """
    if not is_dicom(data):
        raise RefusedError("format", "it is not a DICOM file.")
    return _safely(lambda: _identity(_inflated(with_preamble(data)[0])[0]), "its header is damaged")


def _identity(plain: bytes) -> str:
    header = pydicom.dcmread(io.BytesIO(plain), specific_tags=_IDENTITY, stop_before_pixels=True)
    known = Dataset()
    for name in _IDENTITY:
        if header.get(name):
            setattr(known, name, header[name].value)
    return known.to_json()


def _safely(step: Callable[[], Result], reason: str) -> Result:
    """Run a step and turn every failure into a DataError.

    Reading an attribute can raise any exception, and a panic of a decoder in Rust does not derive from ``Exception``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's warnings quote values of the file
            return step()
    except (DataError, KeyboardInterrupt, SystemExit):
        raise
    except MemoryError:
        raise RefusedError("memory", NO_MEMORY) from None
    except BaseException as error:
        raise RefusedError("damaged", f"the DICOM file cannot be read, {reason} ({type(error).__name__}).") from None


def _inflated(data: bytes) -> tuple[bytes, str]:
    """Return the inflated content of a file and its transfer syntax; a file that is not deflated stays as it is.

    pydicom would inflate a whole file, whatever its size, to read the first attribute.
    """
    stream = io.BytesIO(data)
    stream.seek(_META_START)
    meta = read_dataset(stream, False, True, stop_when=lambda tag, vr, length: tag >> 16 != 2)
    syntax, end = str(meta.TransferSyntaxUID), stream.tell()
    if syntax != uid.DeflatedExplicitVRLittleEndian:
        return data, syntax
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    body = inflater.decompress(data[end:], _MAX_INFLATED)
    if not inflater.eof:
        raise RefusedError(
            "too-large",
            f"the deflated DICOM file is truncated or larger than {_MAX_INFLATED >> 20} MiB inflated: export it again.",
        )
    plain = uid.ExplicitVRLittleEndian.encode().ljust(len(syntax), b"\0")  # zeros at the end of a UID mean nothing
    return data[:end].replace(syntax.encode(), plain) + body, uid.ExplicitVRLittleEndian


def _read(data: bytes, *, pixels: bool) -> FileDataset:
    tags = [*_TAGS, "PixelData"] if pixels else _TAGS
    return pydicom.dcmread(io.BytesIO(data), specific_tags=tags, stop_before_pixels=not pixels)


def _checked(header: FileDataset, syntax: str) -> list[str]:
    """Refuse files that cannot be shown before any pixel is decoded; return notes for the reader."""
    kind = str(header.get("SOPClassUID") or header.file_meta.get("MediaStorageSOPClassUID") or "")
    if kind not in _RADIOGRAPHS | _CAPTURES and header.get("Modality") not in _MODALITIES:
        raise NoRadiographError(
            "the DICOM file is not a radiograph; expected CR, DX, PX, IO, MG, RG or a secondary capture."
        )
    check_syntax(syntax)
    check_layout(header)
    intent = str(header.get("PresentationIntentType") or "")
    facts = {
        "secondary capture, no original radiograph": kind in _CAPTURES,
        "raw detector values (for processing)": intent == "FOR PROCESSING",
        "text burned into the image": header.get("BurnedInAnnotation") == "YES",
        "lossy compressed": header.get("LossyImageCompression") == "01",
        OVERLAY: any(tag in header for tag in _OVERLAY_ROWS),
        SHUTTER: "ShutterShape" in header,
        COLLIMATOR: "CollimatorShape" in header,
    }
    return [note for note, holds in facts.items() if holds]


def check_layout(header: Dataset) -> None:
    """Refuse an image with several frames, with too many pixels, or with a layout that radiographs do not have.

    Raises:
        DataError: the image is refused.
    """
    if int(header.get("NumberOfFrames") or 1) != 1:
        raise RefusedError("frames", "the DICOM image has more than one frame; expected one: extract the radiograph.")
    samples, bits = int(header.SamplesPerPixel), int(header.BitsAllocated)
    check_size(int(header.Rows), int(header.Columns), samples)
    if samples not in (1, 3) or bits not in (8, 16) or not 1 <= int(header.BitsStored) <= bits:
        raise RefusedError(
            "layout",
            f"the DICOM image has {samples} samples of {bits} bits per pixel; expected 1 or 3 samples of 8 or 16 bits.",
        )


def _decoded(dataset: FileDataset, syntax: str, notes: list[str]) -> Decoded:
    if "PixelData" not in dataset:
        raise RefusedError("damaged", "the DICOM file has no pixel data, or is truncated: export it again.")
    stored, photometry = decode_frame(dataset, syntax)
    if photometry in ("MONOCHROME1", "MONOCHROME2"):
        unit, more = to_unit_grey(stored, dataset)
    else:
        unit, more = _color_to_unit(stored, photometry, dataset), ["color turned to grey"]
    unit, resampled = square_pixels(unit, dataset)
    pixels = np.rint(unit * np.float32(65535)).astype(np.uint16)
    notes = [*notes, *more, *resampled]
    bits = int(dataset.BitsStored)
    return Decoded(np.ascontiguousarray(pixels), bits, tuple(notes), metadata_of(dataset), patient_of(dataset))


def _color_to_unit(stored: NDArray[np.generic], photometry: str, dataset: Dataset) -> NDArray[np.float32]:
    """Return grey 0..1 (H, W) of an RGB or palette image."""
    if photometry == "PALETTE COLOR":
        color, top = apply_color_lut(stored, dataset), 0
        top = np.iinfo(color.dtype).max
    elif photometry == "RGB":
        color, top = stored, (1 << int(dataset.BitsStored)) - 1
    else:
        raise RefusedError(
            "layout", "the DICOM photometric interpretation is not supported: convert the image to grey or RGB."
        )
    deep = (color.astype(np.uint64) * 65535 // np.uint64(top)).astype(np.uint16)
    return to_grey(deep).astype(np.float32) / np.float32(65535)
