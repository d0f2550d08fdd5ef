from __future__ import annotations

import io
from collections import Counter

import numpy as np
import pydicom
import pytest
from pydicom import uid

from radtl_tf.data.decoding.dicom import decode_dicom_bytes
from radtl_tf.data.phantoms.dicom import Projection, Visit, dicom_bytes

PROJECTION = Projection("DX", 240, "SKULL", ("89546000", "Skull"), ("LL", "RL"), ("A", "P"))
PICTURE = np.random.default_rng(0).uniform(0, 1, (40, 48)).astype(np.float32)
PICTURE[:2], PICTURE[-2:] = 0, 1  # so that percentiles are the ends of the range
VISIT = Visit("test", 6, 1, 34, "F", False)


def written(seed: int, picture: np.ndarray = PICTURE, visit: Visit = VISIT) -> bytes:
    return dicom_bytes(picture, PROJECTION, visit, np.random.default_rng(seed))


def read(data: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(data))


@pytest.mark.parametrize("seed", range(40))
def test_the_decoder_gives_back_the_picture(seed: int) -> None:
    decoded = decode_dicom_bytes(written(seed))
    assert decoded.pixels.shape == PICTURE.shape and 12 <= decoded.bits <= 16
    assert np.abs(decoded.pixels / 65535 - PICTURE).max() < 0.003


def test_the_files_are_as_varied_as_an_archive() -> None:
    headers = [read(written(seed)) for seed in range(120)]
    assert len({header.file_meta.TransferSyntaxUID for header in headers}) == 5
    assert {header.BitsStored for header in headers} == {12, 13, 14, 15, 16}
    assert {header.PhotometricInterpretation for header in headers} == {"MONOCHROME1", "MONOCHROME2"}
    assert len({header.Manufacturer for header in headers}) == 3
    shown = Counter(("WindowCenter" in header, "VOILUTSequence" in header) for header in headers)
    assert set(shown) == {(True, False), (False, True), (False, False)} and min(shown.values()) > 10
    assert {"PixelSpacing" in header for header in headers} == {True, False}


@pytest.mark.parametrize("seed", range(12))
def test_the_header_is_consistent(seed: int) -> None:
    header = read(written(seed))
    digital = header.SOPClassUID == uid.DigitalXRayImageStorageForPresentation
    assert header.Modality == ("DX" if digital else "CR")
    assert ("WindowCenter" in header or "VOILUTSequence" in header) == digital  # PS3.3 C.8.11.3
    if digital:
        shape = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}[header.PhotometricInterpretation]
        assert header.PresentationLUTShape == shape
    assert header.PatientID == "PH0007" and header.PatientName == "PHANTOM^0007"
    age = (int(header.StudyDate) - int(header.PatientBirthDate)) // 10000
    assert header.PatientAge == f"{age:03d}Y" == "034Y"
    assert header.HighBit == header.BitsStored - 1
    assert all(value.startswith("2.25.") for value in (header.SOPInstanceUID, header.StudyInstanceUID))


def test_nothing_in_the_header_follows_the_picture() -> None:
    for seed in range(20):
        first, second = read(written(seed)), read(written(seed, 1 - PICTURE))
        for header in (first, second):
            del header.PixelData
        assert first == second


def test_the_same_visit_gives_the_same_bytes_and_uids_tell_visits_apart() -> None:
    assert written(3) == written(3) != written(4)
    other = read(written(3, visit=Visit("test", 6, 2, 34, "F", True)))
    first = read(written(3))
    assert other.SOPInstanceUID != first.SOPInstanceUID and other.StudyInstanceUID != first.StudyInstanceUID
    assert (first.ViewPosition, other.ViewPosition) == ("LL", "RL")
