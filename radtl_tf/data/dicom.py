"""DICOM radiographs to uint16 grey (being completed)."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom

from radtl_tf.data.grey import Decoded
from radtl_tf.errors import DataError


def is_dicom(head: bytes) -> bool:
    """Tell whether ``head`` begins a DICOM file: 128 bytes, then ``DICM`` (PS3.10 7.1)."""
    return head[128:132] == b"DICM"


def decode_dicom(path: Path) -> Decoded:
    """Decode a DICOM file."""
    return decode_dicom_bytes(path.read_bytes())


def decode_dicom_bytes(data: bytes) -> Decoded:
    """Decode the content of a DICOM file."""
    try:
        dataset = pydicom.dcmread(io.BytesIO(data))
        pixels = dataset.pixel_array.astype(np.float64)
    except Exception as error:
        raise DataError(f"the DICOM file cannot be decoded ({type(error).__name__}).") from error
    low, high = np.percentile(pixels, (0.5, 99.5))
    grey = np.clip((pixels - low) / max(high - low, 1e-9), 0, 1)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        grey = 1 - grey
    return Decoded(np.round(grey * 65535).astype(np.uint16), int(dataset.BitsStored))
