from __future__ import annotations

import csv
from pathlib import Path

import pytest

from radtl_tf.data.fixing.fixed_table import CHANGES, fixed, write_fixed
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.errors import DataError, OutputError

CANARY = "ZZCANARY"
TABLE = (
    "sep=;\r\n;Path;label;id;note\r\n0;a.PNG; なし;'007;x\r\n1;sub\\b.png;あり;\uff11\uff17;=1+1\r\n"
    f"2;{CANARY}.png;-1.0;{CANARY} ;-\r\n3;-c.png;ARI;17.0;\r\n;;;;\r\n合計;3;;;\r\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    for name in ("a.png", "sub/b.png", "-c.png"):
        (tmp_path / name).write_bytes(b"x")
    path = tmp_path / "labels.csv"
    path.write_bytes(TABLE.encode("cp932"))
    return path


def test_a_copy_is_corrected_and_needs_no_more_corrections(table: Path, tmp_path: Path) -> None:
    before = table.read_bytes()
    manifest = read_manifest(table, collect=True)
    found = fixed(manifest, tmp_path, labels=["label"], patient="id")
    out = tmp_path / "fixed.csv"
    notes = write_fixed(found, out)
    assert table.read_bytes() == before
    with out.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["Path", "label", "id", "note"]
    assert rows[:2] == [["a.png", "なし", "007", "x"], ["sub/b.png", "あり", "17", "'=1+1"]]
    assert rows[2:] == [[f"{CANARY}.png", "-1.0", CANARY, "-"], ["./-c.png", "ARI", "17.0", ""]]
    again = read_manifest(out, collect=True)
    assert {repair.kind for repair in again.repairs} == {"path-column", "cells: an apostrophe around the text"}
    assert [image.path for image in again.images[:2]] == [image.path for image in manifest.images[:2]]
    with notes.open(newline="") as file:
        changes = list(csv.DictReader(file))
    assert {(row["line"], row["column"]) for row in changes} >= {
        ("0", ""), ("3", "Path"), ("3", "label"), ("3", "id"), ("4", "id"), ("6", "Path"), ("7", ""), ("8", "")
    }  # fmt: skip
    assert CANARY not in notes.read_text() and CANARY not in found.summary


def test_what_is_not_clear_is_listed_without_values(table: Path, tmp_path: Path) -> None:
    table.write_text("path,label,id\na.png,sick,17\nsub/b.png,Sick,17.0\nlost.png,well,ZZCANARY\n")
    left = fixed(read_manifest(table, collect=True), tmp_path, labels=["label"], patient="id").left
    assert len(left) == 3
    assert ["line 4" in left[0], "line 3" in left[1], "lines 2 and 3" in left[2]] == [True] * 3
    assert CANARY not in " ".join(left) and "lost" not in " ".join(left)


def test_ids_in_paths_are_compared_like_those_of_a_column(tmp_path: Path) -> None:
    for name in ("P-017", "p17", "P-018"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(b"x")
    table = tmp_path / "labels.csv"
    table.write_text("path,label\nP-017/a.png,sick\np17/a.png,well\nP-018/a.png,well\n")
    manifest = read_manifest(table, collect=True)
    (left,) = fixed(manifest, tmp_path, pattern="^[^/]+").left
    assert "lines 2 and 3" in left
    assert fixed(manifest, tmp_path).left == ()
    with pytest.raises(DataError):
        fixed(manifest, tmp_path, pattern="patient[0-9]+")


def test_nothing_is_replaced(table: Path, tmp_path: Path) -> None:
    found = fixed(read_manifest(table, collect=True), tmp_path)
    (tmp_path / f"new{CHANGES}").write_text("")
    for path in (table, tmp_path / "new.csv"):
        with pytest.raises(OutputError):
            write_fixed(found, path)
    assert not (tmp_path / "new.csv").exists()
