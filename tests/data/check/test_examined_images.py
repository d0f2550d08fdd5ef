"""A manifest or a folder becomes the input of the check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.data.check.examined_images import examined, outcomes_of, read_files, read_manifest_images
from radtl_tf.data.manifest.labels import RowLabels
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.errors import DataError
from radtl_tf.progress import Progress
from radtl_tf.records.experiment import Task

ROWS = [("a.png", "sick", "001"), ("b.png", "well", "1"), ("c.png", "well", "001")]


def test_a_missing_image_and_one_outside_cost_their_row(manifest_of: Callable[..., Path], tmp_path: Path) -> None:
    path = manifest_of(ROWS)
    (tmp_path / "a.png").unlink()
    path.write_text(path.read_text().replace("c.png", "../c.png"))
    with pytest.raises(DataError, match="line 2"):
        read_manifest(path)
    manifest = read_manifest(path, collect=True)
    steps: list[Progress] = []
    outcomes = read_manifest_images(manifest, steps.append)
    assert [(outcome.status, outcome.code) for outcome in outcomes] == [
        ("refused", "path"),
        ("decoded", ""),
        ("refused", "path"),
    ]
    assert [step.done for step in steps] == [1, 2, 3]


def test_every_row_brings_its_label_patient_path_and_other_cells(manifest_of: Callable[..., Path]) -> None:
    path = manifest_of([(*row, "north") for row in ROWS], header=("path", "label", "patient_id", "ward"))
    manifest = read_manifest(path)
    outcomes = read_manifest_images(manifest)
    task, found = Task(positive="sick"), [(label,) for _, label, _ in ROWS]
    images = examined(manifest, outcomes, RowLabels(found), task=task, patient="patient_id")
    assert [(image.line, image.labels, image.patient, image.path) for image in images] == [
        (line, (label,), patient, name) for line, (name, label, patient) in enumerate(ROWS, start=2)
    ]
    assert dict(images[0].columns) == {"ward": "north"}
    unlabeled = examined(manifest, outcomes, RowLabels(()), task=None, patient=None)
    assert (unlabeled[0].labels, unlabeled[0].patient) == ((), "")
    assert dict(unlabeled[0].columns) == {"label": "sick", "patient_id": "001", "ward": "north"}
    with pytest.raises(DataError, match="'patient'"):
        examined(manifest, outcomes, RowLabels(()), task=None, patient="patient")


def test_files_are_numbered(manifest_of: Callable[..., Path], tmp_path: Path) -> None:
    manifest_of(ROWS)
    (tmp_path / "b.png").write_bytes(b"none")
    images = read_files([tmp_path / "a.png", tmp_path / "b.png"])
    assert [(image.line, image.outcome.status) for image in images] == [(1, "decoded"), (2, "refused")]
    reading = images[0].reading
    assert outcomes_of([reading])[0].reading is reading


def test_a_column_says_what_the_file_does_not(manifest_of: Callable[..., Path]) -> None:
    rows = [(*ROWS[0], "41"), (*ROWS[1], "")]
    manifest = read_manifest(manifest_of(rows, header=("path", "label", "patient_id", "Age")))
    outcomes, labels = read_manifest_images(manifest), RowLabels([("sick",), ("well",)])
    images = examined(manifest, outcomes, labels, task=Task(positive="sick"), patient="patient_id")
    assert [dict(image.reading.metadata) for image in images] == [{"age": "41"}, {}]
