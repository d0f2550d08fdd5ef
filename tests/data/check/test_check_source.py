"""Folders and manifests are read and checked in one call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.data.check.check_source import check_folder, check_manifest, repaired
from radtl_tf.data.check.rules import check
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.errors import DataError
from radtl_tf.progress import Progress
from radtl_tf.records.experiment import FoldPlan, Task


def test_every_image_of_a_folder_is_counted(tmp_path: Path, radiographs_in: Any) -> None:
    radiographs_in(tmp_path)
    seen: list[Progress] = []
    assert check_folder(tmp_path / "images", seen.append).errors == ()
    assert seen[-1] == Progress("Images", 60, 60)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError):
        check_folder(tmp_path / "empty")


def test_folds_are_drawn_where_patients_are_known(tmp_path: Path, radiographs_in: Any) -> None:
    manifest = read_manifest(radiographs_in(tmp_path), collect=True)
    task = Task(manifest=manifest.path, positive="sick", patient="patient_id")
    plan = FoldPlan(count=20)  # 30 patients of a class are not enough
    codes = {
        patient: {one.code for one in check_manifest(manifest, of, patient=patient, plan=plan, seed=1).findings}
        for patient, of in (("patient_id", task), (None, Task(manifest=manifest.path, positive="sick")))
    }
    assert "folds" in codes["patient_id"]
    assert "folds" not in codes[None] and "no-patients" in codes[None]


def test_each_repair_is_a_finding_with_its_lines(manifest_of: Callable[..., Path]) -> None:
    manifest = read_manifest(manifest_of([("a.png", " sick", "1"), ("b.png", "well", "\uff12")]))
    found = repaired(manifest)
    assert [(finding.code, finding.level, finding.lines) for finding in found] == [
        ("table-repaired", "info", (3,)),
        ("table-repaired", "info", (2,)),
    ]
    assert set(found) <= set(check([], known=found).findings)


def test_a_plain_table_has_none(manifest_of: Callable[..., Path]) -> None:
    assert repaired(read_manifest(manifest_of([("a.png", "sick", "1")]))) == ()
