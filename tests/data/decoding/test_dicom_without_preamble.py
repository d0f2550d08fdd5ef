"""A data set without preamble is recognized by its first elements, and nothing else is."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from radtl_tf.data.decoding.dicom_without_preamble import bare_syntax, is_dicom, with_preamble
from radtl_tf.data.decoding.grey import RefusedError
from radtl_tf.data.decoding.images import decode_bytes
from radtl_tf.data.decoding.reading import WITHOUT_PREAMBLE

PIXELS = np.arange(120, dtype=np.uint16).reshape(10, 12) * np.uint16(500)


def bare(dataset: Dataset, *, implicit: bool = False, little: bool = True) -> bytes:
    stream = io.BytesIO()
    plain = Dataset(dataset)
    plain.PixelData = PIXELS.astype("<u2" if little else ">u2").tobytes()
    pydicom.dcmwrite(stream, plain, implicit_vr=implicit, little_endian=little, enforce_file_format=False)
    return stream.getvalue()


@pytest.mark.parametrize(("implicit", "little"), [(True, True), (False, True), (False, False)])
def test_the_pixels_are_those_of_the_whole_file(dicom: Any, implicit: bool, little: bool) -> None:
    dataset = pydicom.dcmread(io.BytesIO(dicom(PIXELS)))
    data = bare(dataset, implicit=implicit, little=little)
    assert is_dicom(data[:132])
    found = decode_bytes(data)
    assert np.array_equal(found.pixels, decode_bytes(dicom(PIXELS)).pixels)
    assert WITHOUT_PREAMBLE in found.notes


def test_only_the_preamble_may_be_missing(dicom: Any) -> None:
    whole = dicom(PIXELS)
    assert with_preamble(whole) == (whole, False)
    assert np.array_equal(decode_bytes(whole[132:]).pixels, decode_bytes(whole).pixels)


def test_other_content_is_not_taken_for_dicom() -> None:
    rng = np.random.default_rng(1)
    files = [b"", bytes(200), b"\x08\0", b"\x08\0\x05\0" + bytes(rng.integers(0, 256, 200, np.uint8))]
    files += [bytes(rng.integers(0, 256, 300, np.uint8)) for _ in range(500)]
    files += [b"\x08\0" + bytes(rng.integers(0, 256, 300, np.uint8)) for _ in range(500)]
    assert not any(bare_syntax(data) for data in files)


def test_what_is_cut_or_holds_no_image_is_refused(dicom: Any) -> None:
    dataset = pydicom.dcmread(io.BytesIO(dicom(PIXELS)))
    data = bare(dataset)
    for end in (150, len(data) // 2, len(data) - 20):
        with pytest.raises(RefusedError):
            decode_bytes(data[:end])
