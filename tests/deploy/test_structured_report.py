"""Structured reports: read back with pydicom and highdicom, and checked by dciodvfy and dsrdump."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ComprehensiveSRStorage, DigitalXRayImageStorageForPresentation, generate_uid

from radtl_tf import __version__
from radtl_tf.deploy.predict import Score
from radtl_tf.deploy.structured_report import (
    COMMENT,
    COMMENTS,
    SCHEME,
    model_hash,
    structured_report,
    structured_reports,
)
from radtl_tf.errors import DataError, OutputError, RadtlError
from radtl_tf.logs import shown

sr = pytest.importorskip("highdicom.sr", reason="highdicom is not installed")

BINARY: dict[str, Any] = {
    "setting": "ResNet50-imagenet-caffe-frozen",
    "kind": "binary",
    "classes": ["absent", "present"],
    "positive": "present",
    "operating_points": [{"name": "youden", "threshold": 0.42}, {"name": "sensitivity=0.95", "threshold": 0.8}],
}
SEVERAL: dict[str, Any] = {"setting": "Tiny", "kind": "multiclass", "classes": ["oben", "häufig" * 20, "下\\"]}
NUMBER: dict[str, Any] = {
    "setting": "Tiny",
    "kind": "regression",
    "classes": [],
    "label": "age",
    "label_unit": "years",
}
STAGES: dict[str, Any] = {"setting": "Tiny", "kind": "ordinal", "classes": ["CS1", "CS2", "CS3"], "label": "stage"}
PERSON = {"PatientName": "Ærø^Ångström", "PatientID": "007", "PatientBirthDate": "19700101", "PatientSex": "F"}
STUDY = {"StudyDate": "20250102", "StudyTime": "101112", "StudyID": "9", "AccessionNumber": "A1"}


@pytest.fixture
def image() -> Dataset:
    """Return the identity of an image."""
    found = Dataset()
    for name, value in {**PERSON, **STUDY, "ReferringPhysicianName": "Ray^X"}.items():
        setattr(found, name, value)
    found.SOPClassUID = DigitalXRayImageStorageForPresentation
    found.SOPInstanceUID, found.StudyInstanceUID, found.SeriesInstanceUID = (generate_uid() for _ in range(3))
    return found


@pytest.fixture
def radiograph(image: Dataset, tmp_path: Path) -> Path:
    """Return a DICOM file with the identity of ``image``."""
    path = tmp_path / "a.dcm"
    image.file_meta = pydicom.dataset.FileMetaDataset()
    image.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    image.SpecificCharacterSet = "ISO_IR 192"
    image.save_as(path, enforce_file_format=True)
    return path


def groups(report: Dataset) -> list[Any]:
    content = sr.MeasurementReport.from_sequence([report])
    return content.get_image_measurement_groups()


def test_a_binary_score_is_a_measurement_of_its_image(image: Dataset) -> None:
    report = structured_report(image, (0.73,), BINARY)
    assert report.SOPClassUID == ComprehensiveSRStorage
    (group,) = groups(report)
    (measurement,) = group.get_measurements()
    assert (measurement.value, measurement.unit) == (0.73, codes.UCUM.NoUnits)
    assert (measurement.name.scheme_designator, group.finding_type.meaning) == (SCHEME, "present")
    (source,) = group.source_images
    assert source.referenced_sop_instance_uid == image.SOPInstanceUID
    reached = [(item.name.meaning, item.value) for item in group.get_qualitative_evaluations()]
    assert [value for _, value in reached] == [codes.SCT.Yes, codes.SCT.No]
    assert "youden" in reached[0][0]


def test_the_report_names_the_model_the_software_and_its_use(image: Dataset) -> None:
    report = structured_report(image, (0.73,), BINARY)
    values = [str(element.value) for element in report.iterall() if element.VR == "UT"]
    assert sum(model_hash(BINARY) in value for value in values) == 2  # of the device, of the algorithm
    assert (report.ManufacturerModelName, report.SoftwareVersions) == (BINARY["setting"], __version__)
    assert COMMENT in [item.get("TextValue") for item in report.ContentSequence]
    assert model_hash({**BINARY, "setting": "other"}) != model_hash(BINARY)
    assert model_hash({**BINARY, "digest": "ab" * 32}) == "ab" * 32


def test_patient_and_study_are_those_of_the_image(image: Dataset) -> None:
    report = structured_report(image, (0.73,), BINARY)
    assert {name: report[name].value for name in (*PERSON, *STUDY)} == {**PERSON, **STUDY}
    assert report.StudyInstanceUID == image.StudyInstanceUID
    assert report.SeriesInstanceUID != image.SeriesInstanceUID
    (study,) = report.CurrentRequestedProcedureEvidenceSequence
    (item,) = study.ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert item.ReferencedSOPInstanceUID == image.SOPInstanceUID


def test_each_of_several_classes_has_a_group(image: Dataset) -> None:
    found = groups(structured_report(image, (0.2, 0.3, 0.5), SEVERAL))
    assert [group.get_measurements()[0].value for group in found] == [0.2, 0.3, 0.5]
    assert [group.finding_type.meaning for group in found] == ["oben", ("häufig" * 20)[:55], "下/"]


def test_a_number_is_a_measurement_in_its_unit(image: Dataset) -> None:
    report = structured_report(image, (11.25,), NUMBER)
    (group,) = groups(report)
    (measurement,) = group.get_measurements()
    assert measurement.value == 11.25
    assert (measurement.unit.value, measurement.unit.scheme_designator) == ("a", "UCUM")
    assert "age" in group.finding_type.meaning and group.get_qualitative_evaluations() == []
    assert COMMENTS["regression"] in [item.get("TextValue") for item in report.ContentSequence]


def test_a_unit_without_a_code_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="'points'"),
        structured_reports({**NUMBER, "label_unit": "points"}, tmp_path / "sr"),
    ):
        pass
    assert not (tmp_path / "sr").exists()


def test_the_predicted_stage_is_a_coded_finding(image: Dataset) -> None:
    (group,) = groups(structured_report(image, (0.2, 0.7, 0.1), STAGES))
    (evaluation,) = group.get_qualitative_evaluations()
    assert (evaluation.value.scheme_designator, evaluation.value.meaning) == (SCHEME, "CS2")
    found = {one.name.meaning: one.value for one in group.get_measurements()}
    assert found == {"Probability of CS1": 0.2, "Probability of CS2": 0.7, "Probability of CS3": 0.1}


def test_unknown_patient_data_stay_empty_and_a_missing_uid_is_refused(image: Dataset) -> None:
    for name in (*PERSON, *STUDY):
        delattr(image, name)
    assert structured_report(image, (0.73,), BINARY).PatientID == ""
    del image.StudyInstanceUID
    with pytest.raises(DataError):
        structured_report(image, (0.73,), BINARY)


def test_dicom_files_get_reports_and_others_a_note(radiograph: Path, tmp_path: Path) -> None:
    other, lines = tmp_path / "b.png", list[str]()
    other.write_bytes(b"\x89PNG\r\n\x1a\n")
    with shown(lines.append), structured_reports(BINARY, tmp_path / "sr") as write:
        write(1, Score(radiograph, (0.1,)))
        write(2, Score(other, (0.1,)))
        write(3, Score(radiograph, None, "it is damaged."))
        write(4, Score(radiograph, (0.2,)))
        assert not (tmp_path / "sr").exists()
    files = {path.name: groups(pydicom.dcmread(path))[0] for path in (tmp_path / "sr").iterdir()}
    values = {name: group.get_measurements()[0].value for name, group in files.items()}
    assert values == {"00001-a.dcm": 0.1, "00004-a.dcm": 0.2}
    assert sum(str(other) in line for line in lines) == 1
    with pytest.raises(OutputError), structured_reports(BINARY, tmp_path / "sr"):
        pass


def test_a_note_quotes_no_value_of_the_header(radiograph: Path, tmp_path: Path) -> None:
    dataset = pydicom.dcmread(radiograph)
    dataset["StudyDate"]._value = "ZZCANARY"
    dataset.save_as(radiograph)
    lines: list[str] = []
    with shown(lines.append), structured_reports(BINARY, tmp_path / "sr") as write:
        write(1, Score(radiograph, (0.1,)))
    assert not list((tmp_path / "sr").iterdir())
    assert "ZZCANARY" not in "".join(lines)


def test_without_highdicom_it_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(RadtlError, match="dicom-sr"), structured_reports(BINARY, tmp_path / "sr"):
        pass
    assert not (tmp_path / "sr").exists()


@pytest.mark.parametrize(
    ("card", "scores"),
    [(BINARY, (0.73,)), (SEVERAL, (0.2, 0.3, 0.5)), (NUMBER, (11.25,)), (STAGES, (0.2, 0.7, 0.1))],
)
@pytest.mark.parametrize("tool", ["dciodvfy", "dsrdump"])
def test_other_tools_find_no_error(
    tool: str, card: dict[str, Any], scores: tuple[float, ...], radiograph: Path, tmp_path: Path
) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed (Debian: dicom3tools, dcmtk)")
    with structured_reports(card, tmp_path / "sr") as write:
        write(1, Score(radiograph, scores))
    done = subprocess.run([tool, str(tmp_path / "sr" / "00001-a.dcm")], capture_output=True, encoding="utf-8")
    lines = (done.stdout + done.stderr).splitlines()
    assert [line for line in lines if line.startswith(("Error", "E:", "F:"))] == []
    assert done.returncode == 0
