"""Only the allowed attributes of a header are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from radtl_tf.data.decoding.dicom import decode_dicom_bytes
from radtl_tf.data.decoding.dicom_metadata import TAGS, metadata_of
from radtl_tf.data.decoding.metadata_values import METADATA


def header(**attributes: Any) -> Dataset:
    dataset = Dataset()
    for name, value in attributes.items():
        setattr(dataset, name, value)
    return dataset


def test_what_is_known_is_normalized() -> None:
    found = metadata_of(
        header(
            PatientAge="018M",
            PatientSex="F",
            ViewPosition="PA",
            Laterality="R",
            PresentationIntentType="FOR PROCESSING",
            Manufacturer="Maker",
            BodyPartExamined="JAW",
            ImagerPixelSpacing=[0.14321, 0.15],
            LossyImageCompression="01",
        )
    )
    assert found == {
        "age": "1",
        "sex": "F",
        "view": "PA",
        "laterality": "R",
        "intent": "processing",
        "vendor": "Maker",
        "body_part": "JAW",
        "spacing": "0.1432",
        "lossy": "yes",
    }
    assert set(found) <= set(METADATA)


@pytest.mark.parametrize(
    "attributes",
    [
        {"PatientSex": "ZZ"},
        {"Laterality": "left of it"},
        {"PixelSpacing": [0.0, 0.0]},
        {"PresentationIntentType": "FOR NOTHING"},
        {"Manufacturer": "M\u00fcller"},
        {"Manufacturer": "a\x1b[31m"},
        {"PixelSpacing": [1e9, 1e9]},
        {"PatientName": "A^B", "PatientID": "7", "InstitutionName": "C", "StudyDate": "20200101"},
        {},
    ],
    ids=str,
)
def test_what_is_no_term_of_the_standard_or_identifies_is_left_out(attributes: dict[str, Any]) -> None:
    assert metadata_of(header(**attributes)) == {}


def test_a_code_has_the_form_of_a_code() -> None:
    """An unexpected value may be a name."""
    with pytest.warns(UserWarning):
        typed = header(ViewPosition="seen by Dr. Doe", BodyPartExamined="jaw of J. Doe, left")
    assert metadata_of(typed) == {}
    assert metadata_of(header(ViewPosition="LL", BodyPartExamined="jaw")) == {"view": "LL", "body_part": "JAW"}


def test_the_first_attribute_that_can_be_read_counts() -> None:
    several = header(NominalScannedPixelSpacing=[0.3, 0.3], ImageLaterality="L", Laterality="R")
    several.PixelSpacing, several.ImagerPixelSpacing = [0.2, 0.2], [0, 0]
    assert metadata_of(several) == {"spacing": "0.2", "laterality": "L"}


def test_damaged_metadata_do_not_cost_the_image(dicom: Callable[..., bytes]) -> None:
    pixels = np.arange(400, dtype=np.uint16).reshape(20, 20)
    data = dicom(pixels, PatientAge="042Y", PatientSex="F", Manufacturer="Maker", ViewPosition="PA")
    assert decode_dicom_bytes(data).metadata == {"age": "42", "sex": "F", "vendor": "Maker", "view": "PA"}
    for name in (b"AS\x04\x00042Y", b"LO\x06\x00Maker ", b"CS\x02\x00F "):
        assert data.count(name) == 1
        for kind in (b"DS", b"US", b"AT", b"FD"):  # with a kind that differs from its content
            damaged = decode_dicom_bytes(data.replace(name, kind + name[2:]))
            np.testing.assert_array_equal(damaged.pixels, decode_dicom_bytes(data).pixels)


def test_ages_are_in_whole_years_and_the_oldest_are_90() -> None:
    ages = {"045Y": "45", "102Y": "90", "030W": "0", "400D": "1", "045": None}
    with pytest.warns(UserWarning):  # pydicom's, of the last one
        assert {age: metadata_of(header(PatientAge=age)).get("age") for age in ages} == ages


def test_no_attribute_that_identifies_is_read() -> None:
    identifying = ("Name", "ID", "Date", "Time", "UID", "Address", "Institution", "Number", "Physician", "Comments")
    assert not [tag for tag in TAGS if any(word in tag for word in identifying)]
