"""The features of every example of every data set."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.decoding.metadata_values import METADATA
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.data.tfds.builders import build_manifest, cases_from, fingerprint, readings_from
from radtl_tf.data.tfds.examples import Row, class_names, features, generate, rows_of
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

KEY = bytes(32)


def test_features_are_those_of_every_data_set() -> None:
    found = features(["well", "sick"])
    assert sorted(found) == ["example", "image", "label", "metadata", "patient", "reading", "sha256"]
    assert (found["image"].shape, found["image"].np_dtype) == ((None, None, 1), np.uint16)
    assert found["label"].names == ["well", "sick"]
    assert tuple(found["metadata"]) == METADATA
    several = features(["a", "b"], multilabel=True)["label"]
    assert several.feature.names == ["a", "b"]


def test_sixteen_bits_survive_tfds(encoded: Any) -> None:
    """TFDS would read a 16-bit PNG as 8 bits without the dtype of the feature."""
    pixels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    image = features(["a", "b"])["image"]
    stored = image.encode_example(io.BytesIO(encoded(pixels)))
    np.testing.assert_array_equal(image.decode_example(stored)[..., 0], pixels)


@pytest.fixture
def images(tmp_path: Path, encoded: Any) -> Path:
    """Return a folder of three different images."""
    random = np.random.default_rng(4)
    for name in "abc":
        (tmp_path / f"{name}.png").write_bytes(encoded(random.integers(0, 65536, (7, 9), dtype=np.uint16)))
    return tmp_path


def _manifest(folder: Path, text: str) -> Any:
    (folder / "labels.csv").write_text(text)
    return read_manifest(folder / "labels.csv")


def test_metadata_are_the_allowed_columns_and_nothing_else(images: Path) -> None:
    manifest = _manifest(
        images, "path,label,patient_id,Sex,age,surname\na.png,x,1,F,41,ZZCANARY\nb.png,y,2,,9,ZZCANARY\n"
    )
    cases = cases_of(manifest, Task(positive="x", patient="patient_id"), KEY)
    builder = build_manifest(manifest, cases, images / "out")
    assert [dict(reading.metadata) for reading in readings_from(builder)] == [{"sex": "F", "age": "41"}, {"age": "9"}]
    assert not [path for path in (images / "out").rglob("*") if path.is_file() and b"ZZCANARY" in path.read_bytes()]


def test_a_multilabel_manifest_becomes_a_data_set_and_back(images: Path) -> None:
    manifest = _manifest(images, "path,findings,id\na.png,p|q,1\nb.png,,2\nc.png,q,3\n")
    task = Task(kind="multilabel", label="findings", label_separator="|", patient="id")
    cases = cases_of(manifest, task, KEY)
    np.testing.assert_array_equal(cases.truth, [[1, 1], [0, 0], [0, 1]])
    assert [row.label for row in rows_of(manifest, cases)] == [("p", "q"), (), ("q",)]
    builder = build_manifest(manifest, cases, images / "out")
    assert class_names(builder.info) == ["p", "q"]
    found = cases_from(builder, Task(kind="multilabel", dataset="x"))
    np.testing.assert_array_equal(found.truth, cases.truth)
    one = cases_from(builder, Task(positive="p", dataset="x"))
    assert (one.classes, one.truth.tolist()) == (("not p", "p"), [1, 0, 0])
    assert len(fingerprint(builder)) == 64


def test_every_unreadable_image_is_counted_before_the_build_is_refused(images: Path) -> None:
    for name in "bc":
        (images / f"{name}.png").write_bytes(b"no image")
    manifest = _manifest(images, "path,label,id\na.png,x,1\nb.png,y,2\nc.png,y,3\n")
    rows = rows_of(manifest, cases_of(manifest, Task(positive="x", patient="id"), KEY))
    with pytest.raises(DataError, match=r"line 3: .*\(2 images"):
        list(generate(rows))


def test_what_a_source_says_goes_before_what_the_file_says(images: Path, dicom: Callable[..., bytes]) -> None:
    (images / "d.dcm").write_bytes(
        dicom(np.arange(63, dtype=np.uint16).reshape(7, 9), PatientSex="M", ViewPosition="PA")
    )
    manifest = _manifest(images, "path,label\nd.dcm,x\n")
    row = Row(manifest.images[0], "x", "p", {"sex": "F", "age": "97.0"})
    ((_, example),) = generate([row])
    assert example["metadata"]["age"] == "90"
    assert (example["example"], example["metadata"]["sex"], example["metadata"]["view"]) == (0, "F", "PA")


def test_a_stream_of_rows_is_not_read_ahead_of_need(images: Path) -> None:
    taken = []
    source = _manifest(images, "path,label\na.png,x\n").images[0]

    def rows() -> Any:
        for number in range(10_000):
            taken.append(number)
            yield Row(source, "x", "p")

    stream = generate(rows())
    next(stream)
    assert len(taken) < 200
    stream.close()
