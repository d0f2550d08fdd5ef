from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.data.manifest.privacy import hashed
from radtl_tf.data.manifest.reader import cases_of, labels_of, manifest_from, read_manifest, refuse_faults
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

KEY = bytes(32)
TASK = Task(positive="sick", patient="patient_id", unit="image")
ROWS = [("a.png", "sick", "001"), ("b.png", "well", "1"), ("c.png", "well", "001")]
ManifestOf = Callable[..., Path]


def test_cells_are_text_and_patients_become_hashes(manifest_of: ManifestOf) -> None:
    manifest = read_manifest(manifest_of(ROWS))
    cases = cases_of(manifest, TASK, KEY)
    assert manifest.table["patient_id"].tolist() == ["001", "1", "001"]  # no number, so 001 is not 1
    assert cases.patient_ids == (hashed("001", KEY), hashed("1", KEY))
    np.testing.assert_array_equal(cases.patients, [0, 1, 0])
    np.testing.assert_array_equal(cases.truth, [1, 0, 0])
    assert [source.line for source in manifest.sources] == [2, 3, 4]
    assert [source.size for source in manifest.sources] == [path.path.stat().st_size for path in manifest.sources]


def test_na_is_a_label(manifest_of: ManifestOf) -> None:
    manifest = read_manifest(manifest_of([("a.png", "NA", "1"), ("b.png", "sick", "2")]))
    assert cases_of(manifest, TASK, KEY).classes == ("NA", "sick")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_what_spreadsheets_write_is_read(manifest_of: ManifestOf, delimiter: str, line_end: str, encoding: str) -> None:
    path = manifest_of([("a.png", "kränk", "1"), ("b.png", "gesund", "2")])
    lines = [
        delimiter.join(row)
        for row in (("path", "label", "patient_id"), ("a.png", "kränk", "1"), ("b.png", "gesund", "2"))
    ]
    path.write_bytes((line_end.join(lines) + line_end).encode(encoding))
    manifest = read_manifest(path)
    assert manifest.table.to_numpy().tolist() == [["a.png", "kränk", "1"], ["b.png", "gesund", "2"]]


def test_a_quoted_cell_may_hold_delimiters_and_line_breaks(manifest_of: ManifestOf) -> None:
    path = manifest_of(ROWS[:2])
    path.write_text('path,label,patient_id,note\na.png,sick,1,"x, y\nz"\n\nb.png,well,2,\n')
    manifest = read_manifest(path)
    assert manifest.table["note"].tolist() == ["x, y\nz", ""]
    assert [source.line for source in manifest.sources] == [2, 5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty; expected a header with the column 'path'"),
        (b"path,label\n", "a header and no row"),
        (b"path,label\na.png,sick\nb.png\nb.png,well,1\n", r"line 3 has 1 cells where the header has 2 \(2 rows so\)"),
        (b"path,label,label\na.png,sick,x\n", "the header names a column twice: label"),
        (b"path,,label\na.png,sick,x\n", "a column has no name"),
        (b"Path,label\na.png,sick\n", r"no column 'path' \(did you mean 'Path'\?\); it has: Path, label"),
        (b"path,label\na.png,si\0ck\n", "line 2 holds a NUL byte"),
        ("path,label\na.png,sick\n".encode("utf-16-le"), "line 1 holds a NUL byte.*UTF-16 without a byte order mark"),
        (b"\xff\xfep\0a\0\x00\xd8", "begins like utf-16 but is not"),
        (b'path,label\na.png,"sick\n', "line 2 cannot be read as CSV"),
        (b"path,label\n,sick\n", "line 2: the path is empty"),
    ],
)
def test_a_damaged_table_is_refused_in_one_line(manifest_of: ManifestOf, content: bytes, message: str) -> None:
    path = manifest_of(ROWS[:1])
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_manifest(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def _outside(folder: Path) -> Path:
    outside = folder.parent / f"{folder.name}-outside"
    outside.mkdir()
    (outside / "x.png").write_bytes(b"x")
    return outside


@pytest.mark.parametrize(
    ("cell", "prepare", "message"),
    [
        ("missing.png", lambda folder: None, "the image does not exist"),
        ("a.png/x.png", lambda folder: None, "the path cannot be followed"),
        ("/etc/hostname", lambda folder: None, "absolute or holds '..'"),
        ("C:\\x.png", lambda folder: None, "absolute or holds '..'"),
        ("sub/../../x.png", lambda folder: None, "absolute or holds '..'"),
        ("folder", lambda folder: (folder / "folder").mkdir(), "a folder, pipe or device"),
        ("pipe.png", lambda folder: os.mkfifo(folder / "pipe.png"), "a folder, pipe or device"),
        ("null.png", lambda folder: (folder / "null.png").symlink_to(os.devnull), "a link that leaves"),
        ("link.png", lambda folder: (folder / "link.png").symlink_to(_outside(folder) / "x.png"), "a link that leaves"),
        ("linked/x.png", lambda folder: (folder / "linked").symlink_to(_outside(folder)), "a link that leaves"),
        ("loop.png", lambda folder: (folder / "loop.png").symlink_to("loop.png"), "cannot be followed"),
        ("name\0.png", lambda folder: None, "NUL byte"),
    ],
)
def test_a_path_that_is_no_image_inside_the_folder_is_refused_with_its_line(
    manifest_of: ManifestOf, tmp_path: Path, cell: str, prepare: Callable[[Path], object], message: str
) -> None:
    path = manifest_of(ROWS[:1])
    prepare(tmp_path)
    path.write_text(f"path,label,patient_id\na.png,sick,1\n{cell},well,2\n")
    with pytest.raises(DataError, match=message) as caught:
        read_manifest(path)
    assert "line 3" in str(caught.value)


def test_links_and_backslashes_inside_the_folder_are_followed(manifest_of: ManifestOf, tmp_path: Path) -> None:
    path = manifest_of([("sub/a.png", "sick", "1"), ("sub/b.png", "well", "2")])
    (tmp_path / "link.png").symlink_to("sub/b.png")
    path.write_text("path,label,patient_id\nsub\\a.png,sick,1\nlink.png,well,2\n")
    assert [source.path.name for source in read_manifest(path).sources] == ["a.png", "link.png"]


def test_images_may_lie_in_another_folder(manifest_of: ManifestOf, tmp_path: Path) -> None:
    manifest_of([("images/a.png", "sick", "1")])
    path = tmp_path / "tables" / "m.csv"
    path.parent.mkdir()
    path.write_text("path,label\na.png,sick\n")
    assert read_manifest(path, tmp_path / "images").sources[0].path == tmp_path / "images" / "a.png"
    with pytest.raises(DataError, match="line 2: the image does not exist"):
        read_manifest(path)
    with pytest.raises(DataError, match="the image folder does not exist"):
        read_manifest(path, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [("a.png", "sick", ""), ("b.png", "well", " "), ("c.png", "well", "1")],
            "2 rows with no patient id, first line 2",
        ),
        ([("a.png", "sick", "\u200b'\xa0"), ("b.png", "well", "1")], "1 row with no patient id, first line 2"),
        ([("a.png", "sick", "1"), ("b.png", " ", "2"), ("c.png", "well", "1")], "1 row with no label, first line 3"),
        (
            [("a.png", "sick", "1"), ("a.png", "well", "2")],
            "1 row with an image that an earlier row names with another label",
        ),
        ([("a.png", "sick", "1"), ("b.png", "well", "2"), ("./a.png", "sick", "1")], "names too, first line 4"),
    ],
)
def test_rows_that_spoil_the_task_are_refused_and_counted(
    manifest_of: ManifestOf, rows: list[tuple[str, ...]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
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
    ("task", "message"),
    [
        (Task(positive="sick", label="lable", patient="patient_id"), "no label column 'lable'.*did you mean 'label'"),
        (Task(positive="sick", patient="patient"), "no patient column 'patient'.*did you mean 'patient_id'"),
        (Task(positive="sick"), "no patient column is named .*did you mean 'patient_id'.*one_image_per_patient = true"),
    ],
)
def test_a_missing_column_is_named_with_the_nearest(manifest_of: ManifestOf, task: Task, message: str) -> None:
    with pytest.raises(DataError, match=message):
        cases_of(read_manifest(manifest_of(ROWS)), task, KEY)


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
    with pytest.raises(DataError, match="1 row with neither 1 nor 0 in the label column 'caries', first line 3"):
        cases_of(read_manifest(path), task, KEY)


def test_a_blank_cell_of_a_label_column_is_neither_yes_nor_no(manifest_of: ManifestOf) -> None:
    path = manifest_of(ROWS)
    path.write_text("path,a,b,id\na.png,1,0,7\nb.png,,1,8\nc.png, ,\t,9\n")
    manifest = read_manifest(path)
    with pytest.raises(DataError, match="'b' 1, 'a' 2; first line 3") as caught:
        labels_of(manifest, Task(kind="multilabel", label=("b", "a")))
    assert "\n" not in str(caught.value)
    path.write_text("path,label\na.png,x|y\nb.png,\n")
    assert labels_of(read_manifest(path), Task(kind="multilabel", label_separator="|")) == [("x", "y"), ()]


def test_a_frame_is_the_manifest_that_pandas_would_write(manifest_of: ManifestOf, tmp_path: Path) -> None:
    frame = pd.DataFrame({"file": ["a.png", "b.png"], "path": [1.5, None], "seen": [True, False]})
    manifest_of([("a.png",), ("b.png",)], header=("path",))
    manifest = manifest_from(frame, tmp_path, "file")
    assert manifest.table.to_dict("list") == {
        "file": ["a.png", "b.png"],
        "path": ["1.5", ""],
        "seen": ["True", "False"],
    }
    assert [source.line for source in manifest.sources] == [0, 1]
    assert [source.path.name for source in manifest.sources] == ["a.png", "b.png"]


def test_faults_of_a_frame_are_kept_until_they_are_refused(manifest_of: ManifestOf, tmp_path: Path) -> None:
    manifest_of([("a.png",)], header=("path",))
    manifest = manifest_from(pd.DataFrame({"path": ["lost.png", "a.png", "../a.png"]}), tmp_path)
    assert set(manifest.faults) == {0, 2}
    with pytest.raises(DataError, match="DataFrame: line 0"):
        refuse_faults(manifest)
    part = manifest.at([2, 1])
    assert set(part.faults) == {0} and part.table["path"].tolist() == ["../a.png", "a.png"]
    refuse_faults(manifest.at([1]))


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"path": []}), pd.DataFrame({"file": ["a.png"]})])
def test_a_frame_that_is_no_manifest_is_refused(frame: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        manifest_from(frame, tmp_path)
