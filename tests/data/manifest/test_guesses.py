"""What init offers for a table that it has not seen."""

from __future__ import annotations

import pandas as pd
import pytest

from radtl_tf.data.manifest.guesses import (
    class_counts,
    guess_labels,
    guess_paths,
    guess_patient,
    guess_pattern,
    guess_positive,
    guess_separator,
    unknown_labels,
)


def table(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name.replace("__", " "): cells for name, cells in columns.items()}, dtype=str)


IMAGES = ["a.png", "b.png", "c.png", "d.png"]


@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        ({"sex": ["F", "M", "F", "M"], "label": ["x", "x", "y", "y"]}, ("label",)),
        (
            {"Finding__Labels": ["A|B", "A", "B", "A|C"], "View__Position": ["PA", "AP", "AP", "PA"]},
            ("Finding Labels",),
        ),
        (
            {"Sex": ["0", "1", "0", "1"], "Edema": ["1.0", "", "-1.0", "0.0"], "Mass": ["0", "1", "0", "0"]},
            ("Edema", "Mass"),
        ),
        ({"grade": ["0", "2", "2", "0"], "age": ["50", "50", "60", "60"]}, ("grade",)),
        ({"class_name": ["x", "x", "y", "y"], "fold": ["1", "1", "2", "2"]}, ("class_name",)),
        ({"report": ["one", "two", "three", "four"]}, ()),
        ({"first": ["a", "a", "b", "b"], "second": ["c", "c", "d", "d"]}, ()),  # either may be meant
    ],
)
def test_the_label_columns(columns: dict[str, list[str]], labels: tuple[str, ...]) -> None:
    assert guess_labels(table(path=IMAGES, **columns)) == labels


@pytest.mark.parametrize(
    "name", ["patient_id", "patientId", "Patient ID", "PatientID", "subject_id", "Subject", "pat_nr"]
)
def test_the_patient_column(name: str) -> None:
    assert guess_patient(pd.DataFrame(columns=["path", "patient_age", "Patient Sex", name, "label"])) == name


@pytest.mark.parametrize(
    ("paths", "pattern"),
    [
        (["a/patient1/1.png", "patient02/s/2.png"], r"patient\d+"),
        (["Patient_1/1.png", "patient_2/1.png"], r"(?i)patient[_-]?(\d+)"),
        (["sub-A1\\x.png", "SUB-b/x.png"], "(?i)sub-([0-9a-z]+)"),
        (["patient1/1.png", "x/1.png"], None),
        (["inpatient1/1.png"], None),
        (["patient1.png"], None),
    ],
)
def test_folders_of_patients(paths: list[str], pattern: str | None) -> None:
    assert guess_pattern(paths) == pattern


def test_no_column_of_patients_is_made_up() -> None:
    assert guess_patient(pd.DataFrame(columns=["path", "id", "Patient Age", "PatientPosition"])) is None


@pytest.mark.parametrize(
    ("counts", "positive"),
    [
        ({"normal": 3, "pneumonia": 9}, "pneumonia"),
        ({"1": 9, "0": 3}, "1"),
        ({"0.0": 3, "1.0": 9}, "1.0"),
        ({"FALSE": 9, "True": 9}, "True"),
        ({"benign": 5, "malignant": 5}, "malignant"),
        ({"left": 4, "right": 2}, "right"),
        ({"left": 4, "right": 4}, None),
    ],
)
def test_the_positive_class(counts: dict[str, int], positive: str | None) -> None:
    assert guess_positive(counts) == positive


def test_several_labels_in_a_cell() -> None:
    assert guess_separator(["A|B", "B|A", "A", "B"]) == "|"
    assert guess_separator(["A, left", "B"]) is None  # a comma within names divides nothing
    assert class_counts(["A|B", "A", "", "A | A"], "|") == {"A": 3, "B": 1}


def test_what_is_not_known_is_no_class() -> None:
    cells = ["1", "0", "-1", "nan", "", "0"]
    assert class_counts(cells) == {"1": 1, "0": 2}
    assert unknown_labels(cells) == (2, 1)
    assert class_counts(["0", "1", "-1", "2"]).keys() == {"0", "1", "-1", "2"}
    assert class_counts(["-1", "2", "2"]) == {"-1": 1, "2": 2}  # a grade
    assert unknown_labels(["-1", "2", "2"]) == (0, 0)


def test_the_column_of_the_paths() -> None:
    assert guess_paths({"id": ["1", "2"], "file_at": ["a/1.PNG", "a/2.png"], "image_id": ["1", "2"]}) == "file_at"
    assert guess_paths({"label": ["x", "y"], "Image Index": ["1", "2"]}) == "Image Index"
    assert guess_paths({"label": ["x", "y"], "image quality": ["1", "2"]}) is None
