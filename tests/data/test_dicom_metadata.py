"""The allowed attributes of a header, and no other."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset

from radtl_tf.data.dicom_metadata import TAGS, metadata_of
from radtl_tf.data.reading import METADATA


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
        {"PatientName": "A^B", "PatientID": "7", "InstitutionName": "C", "StudyDate": "20200101"},
        {},
    ],
    ids=str,
)
def test_what_is_no_term_of_the_standard_or_identifies_is_left_out(attributes: dict[str, Any]) -> None:
    assert metadata_of(header(**attributes)) == {}


def test_ages_are_in_whole_years_and_the_oldest_are_90() -> None:
    ages = {"045Y": "45", "102Y": "90", "030W": "0", "400D": "1", "045": None}
    with pytest.warns(UserWarning):  # pydicom's, of the last one
        assert {age: metadata_of(header(PatientAge=age)).get("age") for age in ages} == ages


def test_no_attribute_that_identifies_is_read() -> None:
    identifying = ("Name", "ID", "Date", "Time", "UID", "Address", "Institution", "Number", "Physician", "Comments")
    assert not [tag for tag in TAGS if any(word in tag for word in identifying)]
