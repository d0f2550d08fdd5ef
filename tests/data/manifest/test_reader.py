from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.data.manifest.privacy import hashed
from radtl_tf.data.manifest.reader import manifest_from, read_manifest, refuse_faults
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

KEY = bytes(32)
TASK = Task(positive="sick", patient="patient_id", unit="image")
ROWS = [("a.png", "sick", "001"), ("b.png", "well", "1"), ("c.png", "well", "001")]
ManifestOf = Callable[..., Path]


def test_cells_are_text_and_patients_become_hashes(manifest_of: ManifestOf) -> None:
    manifest = read_manifest(manifest_of(ROWS))
    cases = cases_of(manifest, TASK, KEY)
    assert manifest.table["patient_id"].tolist() == ["001", "1", "001"]  # not a number, so 001 differs from 1
    assert cases.patient_ids == (hashed("001", KEY), hashed("1", KEY))
    np.testing.assert_array_equal(cases.patients, [0, 1, 0])
    np.testing.assert_array_equal(cases.truth, [1, 0, 0])
    assert [source.line for source in manifest.images] == [2, 3, 4]
    assert [source.size for source in manifest.images] == [path.path.stat().st_size for path in manifest.images]


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
    assert [source.line for source in manifest.images] == [2, 5]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"", "empty.*'path'"),
        (b"path,label\n", "no row"),
        (b"path,label\na.png,sick\nb.png\nb.png,well,1\n", r"line 3 .*\b1\b.*\b2\b.*\(2 "),
        (b"path,label,label\na.png,sick,x\n", "twice: label"),
        (b"Paths,label\na.png,sick\n", r"'path' .*'Paths'.*: Paths, label"),
        (b"path,label\na.png,si\0ck\n", "line 2 .*NUL"),
        (b"\xff\xfep\0a\0\x00\xd8", "utf-16"),
        (b'path,label\na.png,"sick, x\n', "line 2 .*CSV"),
        (b"path,label\n,sick\n", "line 2: .*empty"),
    ],
)
def test_a_damaged_table_is_refused_in_one_line(manifest_of: ManifestOf, content: bytes, value: str) -> None:
    path = manifest_of(ROWS[:1])
    path.write_bytes(content)
    with pytest.raises(DataError, match=value) as caught:
        read_manifest(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def _outside(folder: Path) -> Path:
    outside = folder.parent / f"{folder.name}-outside"
    outside.mkdir()
    (outside / "x.png").write_bytes(b"x")
    return outside


@pytest.mark.parametrize(
    ("cell", "prepare", "named"),
    [
        ("missing.png", lambda folder: None, "exist"),
        ("a.png/x.png", lambda folder: None, "links"),
        ("/etc/hostname", lambda folder: None, "absolute"),
        ("C:\\x.png", lambda folder: None, "absolute"),
        ("sub/../../x.png", lambda folder: None, r"'\.\.'"),
        ("folder", lambda folder: (folder / "folder").mkdir(), "folder"),
        ("pipe.png", lambda folder: os.mkfifo(folder / "pipe.png"), "device"),
        ("null.png", lambda folder: (folder / "null.png").symlink_to(os.devnull), "link"),
        ("link.png", lambda folder: (folder / "link.png").symlink_to(_outside(folder) / "x.png"), "link"),
        ("linked/x.png", lambda folder: (folder / "linked").symlink_to(_outside(folder)), "link"),
        ("loop.png", lambda folder: (folder / "loop.png").symlink_to("loop.png"), "links"),
        ("name\0.png", lambda folder: None, "NUL"),
    ],
)
def test_a_path_that_is_no_image_inside_the_folder_is_refused_with_its_line(
    manifest_of: ManifestOf, tmp_path: Path, cell: str, prepare: Callable[[Path], object], named: str
) -> None:
    path = manifest_of(ROWS[:1])
    prepare(tmp_path)
    path.write_text(f"path,label,patient_id\na.png,sick,1\n{cell},well,2\n")
    with pytest.raises(DataError, match=f"line 3.*{named}"):
        read_manifest(path)


def test_links_and_backslashes_inside_the_folder_are_followed(manifest_of: ManifestOf, tmp_path: Path) -> None:
    path = manifest_of([("sub/a.png", "sick", "1"), ("sub/b.png", "well", "2")])
    (tmp_path / "link.png").symlink_to("sub/b.png")
    path.write_text("path,label,patient_id\nsub\\a.png,sick,1\nlink.png,well,2\n")
    assert [source.path.name for source in read_manifest(path).images] == ["a.png", "link.png"]


def test_images_may_lie_in_another_folder(manifest_of: ManifestOf, tmp_path: Path) -> None:
    manifest_of([("images/a.png", "sick", "1")])
    path = tmp_path / "tables" / "m.csv"
    path.parent.mkdir()
    path.write_text("path,label\na.png,sick\n")
    assert read_manifest(path, tmp_path / "images").images[0].path == tmp_path / "images" / "a.png"
    with pytest.raises(DataError, match="line 2"):
        read_manifest(path)
    with pytest.raises(DataError, match="folder"):
        read_manifest(path, tmp_path / "nowhere")


def test_a_table_of_folders_is_refused(manifest_of: ManifestOf, tmp_path: Path) -> None:
    path = manifest_of(ROWS)
    (tmp_path / "one").mkdir()
    path.write_text("path,label\none/,1\nnowhere/two/,0\none,1\n")
    with pytest.raises(DataError, match="folders.*a row per image"):
        read_manifest(path, collect=True)


def test_a_frame_is_the_manifest_that_pandas_would_write(manifest_of: ManifestOf, tmp_path: Path) -> None:
    frame = pd.DataFrame({"file": ["a.png", "b.png"], "path": [1.5, None], "seen": [True, False]})
    manifest_of([("a.png",), ("b.png",)], header=("path",))
    manifest = manifest_from(frame, tmp_path, "file")
    assert manifest.table.to_dict("list") == {
        "file": ["a.png", "b.png"],
        "path": ["1.5", ""],
        "seen": ["True", "False"],
    }
    assert [source.line for source in manifest.images] == [0, 1]
    assert [source.path.name for source in manifest.images] == ["a.png", "b.png"]


def test_faults_of_a_frame_are_kept_until_they_are_refused(manifest_of: ManifestOf, tmp_path: Path) -> None:
    manifest_of([("a.png",)], header=("path",))
    manifest = manifest_from(pd.DataFrame({"path": ["lost.png", "a.png", "../a.png"]}), tmp_path)
    assert set(manifest.faults) == {0, 2}
    with pytest.raises(DataError, match="line 0"):
        refuse_faults(manifest)
    part = manifest.at([2, 1])
    assert set(part.faults) == {0} and part.table["path"].tolist() == ["../a.png", "a.png"]
    refuse_faults(manifest.at([1]))


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"path": []}), pd.DataFrame({"file": ["a.png"]})])
def test_a_frame_that_is_no_manifest_is_refused(frame: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        manifest_from(frame, tmp_path)
