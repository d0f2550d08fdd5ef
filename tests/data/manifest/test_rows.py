"""Rows of a manifest become labels and hashed patients, or are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.data.manifest.cases import UNKNOWN
from radtl_tf.data.manifest.privacy import hashed
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.manifest.rows import cases_of, labelled
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

KEY = bytes(32)
TASK = Task(positive="sick", patient="patient_id", unit="image")
ROWS = [("a.png", "sick", "001"), ("b.png", "well", "1"), ("c.png", "well", "001")]
ManifestOf = Callable[..., Path]


@pytest.mark.parametrize(
    ("rows", "counted"),
    [
        ([("a.png", "sick", ""), ("b.png", "well", " "), ("c.png", "well", "1")], r"\b2 rows .*patient.* line 2"),
        ([("a.png", "sick", "\u200b'\xa0"), ("b.png", "well", "1")], r"\b1 row .*patient.* line 2"),
        ([("a.png", "sick", "1"), ("b.png", " ", "2"), ("c.png", "well", "1")], r"\b1 label .*'label'.* line 3"),
        ([("a.png", "sick", "1"), ("a.png", "well", "2")], r"\b1 row .*label.* line 3"),
        ([("a.png", "sick", "1"), ("b.png", "well", "2"), ("./a.png", "sick", "1")], r"\b1 row .*too.* line 4"),
    ],
)
def test_rows_that_spoil_the_task_are_refused_and_counted(
    manifest_of: ManifestOf, rows: list[tuple[str, ...]], counted: str
) -> None:
    with pytest.raises(DataError, match=counted):
        cases_of(read_manifest(manifest_of(rows)), TASK, KEY)


def test_labels_and_patient_ids_lose_surrounding_spaces(manifest_of: ManifestOf) -> None:
    rows = [("a.png", " sick", "1"), ("b.png", "well ", "1 ")]
    cases = cases_of(read_manifest(manifest_of(rows)), TASK, KEY)
    assert cases.classes == ("well", "sick")
    assert cases.patient_ids == (hashed("1", KEY),)


def test_one_id_in_several_unicode_forms_is_one_patient_and_17_0_is_not_17(manifest_of: ManifestOf) -> None:
    ids = ["Mu\u0308ller", "M\xfcller", "17", "\uff11\uff17", "'17", "17.0"]
    rows = [(f"{number}.png", ("sick", "well")[number % 2], name) for number, name in enumerate(ids)]
    cases = cases_of(read_manifest(manifest_of(rows)), TASK, KEY)
    np.testing.assert_array_equal(cases.patients, [0, 0, 1, 1, 1, 2])


@pytest.mark.parametrize(
    ("task", "named"),
    [
        (Task(positive="sick", label="lable", patient="patient_id"), "'lable'.*'label'"),
        (Task(positive="sick", patient="patient"), "'patient'.*'patient_id'"),
        (Task(positive="sick"), "'patient_id'.*one_image_per_patient = true"),
    ],
)
def test_a_missing_column_is_named_with_the_nearest(manifest_of: ManifestOf, task: Task, named: str) -> None:
    with pytest.raises(DataError, match=named):
        cases_of(read_manifest(manifest_of(ROWS)), task, KEY)


FOLDERS = ["a/patient1/1.png", "a/patient1/2.png", "b/patient2/1.png"]


@pytest.mark.parametrize(
    ("pattern", "patients"),
    [(r"patient\d+", [0, 0, 1]), (r"patient(\d)/(\d)", [0, 0, 1]), (r"(\d).png", [0, 1, 0]), ("^.", [0, 0, 1])],
)
def test_a_pattern_finds_the_patients_in_the_paths(
    manifest_of: ManifestOf, pattern: str, patients: list[int], tmp_path: Path
) -> None:
    path = manifest_of(ROWS)
    for name in FOLDERS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    first = (tmp_path / FOLDERS[0]).as_posix()  # the folders above the images take no part
    cells = [first, FOLDERS[1].replace("/", "\\"), FOLDERS[2]]
    path.write_text("path,label\n" + "".join(f"{cell},{'sick' if at else 'well'}\n" for at, cell in enumerate(cells)))
    cases = cases_of(read_manifest(path), Task(positive="sick", patient_pattern=pattern, unit="image"), KEY)
    np.testing.assert_array_equal(cases.patients, patients)


def test_paths_without_a_match_are_counted(manifest_of: ManifestOf) -> None:
    for pattern in ("[ab]", "(x)?"):
        task = Task(positive="sick", patient_pattern=pattern)
        with pytest.raises(DataError, match=r"1 row .*first line 4" if pattern == "[ab]" else "3 rows .*line 2"):
            cases_of(read_manifest(manifest_of([(f"{name}.png", "sick", "1") for name in "abc"])), task, KEY)


def test_each_image_may_be_a_patient_if_the_user_says_so(manifest_of: ManifestOf) -> None:
    task = Task(positive="sick", one_image_per_patient=True)
    cases = cases_of(read_manifest(manifest_of(ROWS)), task, KEY)
    np.testing.assert_array_equal(cases.patients, [0, 1, 2])
    assert cases.unit == "patient"


def test_no_message_holds_a_patient(manifest_of: ManifestOf) -> None:
    rows = [(f"{name}.png", "sick", "ZZCANARY") for name in "ab"] + [("c.png", "", "ZZCANARY")]
    for task in (
        TASK,
        Task(positive="x", patient="patient_id"),
        Task(positive="sick", label="patient_id", patient="patient_id"),
    ):
        with pytest.raises(DataError) as caught:
            cases_of(read_manifest(manifest_of(rows)), task, KEY)
        assert "ZZCANARY" not in str(caught.value)


def test_columns_of_yes_and_no_are_labels_too(manifest_of: ManifestOf) -> None:
    path = manifest_of(ROWS[:2])
    path.write_text("path,caries,impacted,id\na.png,1,no,7\nb.png,0,YES,8\n")
    task = Task(kind="multilabel", label=("impacted", "caries"), patient="id")
    cases = cases_of(read_manifest(path), task, KEY)
    assert cases.classes == ("impacted", "caries")
    np.testing.assert_array_equal(cases.truth, [[0, 1], [1, 0]])
    path.write_text("path,caries,impacted,id\na.png,1,no,7\nb.png,2,YES,8\n")
    with pytest.raises(DataError, match=r"\b1 row .*'caries'.* line 3"):
        cases_of(read_manifest(path), task, KEY)


def test_a_blank_cell_of_a_label_column_is_neither_yes_nor_no(manifest_of: ManifestOf) -> None:
    path = manifest_of(ROWS)
    path.write_text("path,a,b,id\na.png,1,0,7\nb.png,,1,8\nc.png, ,\t,9\n")
    manifest = read_manifest(path)
    with pytest.raises(DataError, match="'b' 1, 'a' 2.* line 3") as caught:
        labelled(manifest, Task(kind="multilabel", label=("b", "a")))
    assert "\n" not in str(caught.value)


def test_rows_without_a_known_label_are_left_out_of_the_manifest(manifest_of: ManifestOf) -> None:
    path = manifest_of(ROWS)
    path.write_text("path,a,b,id\na.png,1,1,7\nb.png,,NaN,8\nc.png,0,,9\n")
    task = Task(kind="multilabel", label=("b", "a"), missing="ignore", one_image_per_patient=True)
    found = labelled(read_manifest(path), task)
    assert [source.line for source in found.manifest.images] == [2, 4]
    assert (found.manifest.left_out, found.counts.left_out) == (1, 1)
    assert labelled(found.manifest, task).counts.left_out == 1
    cases = cases_of(found.manifest, task, KEY, found.labels)
    np.testing.assert_array_equal(cases.truth, [[1, 1], [UNKNOWN, 0]])
    np.testing.assert_array_equal(cases.marks, [[1, 1], [0, 0]])
    np.testing.assert_array_equal(cases.known, [[True, True], [False, True]])
    with pytest.raises(ValueError, match="labelled"):
        cases_of(read_manifest(path), task, KEY)
