from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds

from radtl_tf.data.decoding.images import decode
from radtl_tf.data.manifest.cases import UNKNOWN
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.data.tfds.builders import (
    build_manifest,
    build_named,
    builder_class,
    cases_from,
    examined_from,
    fingerprint,
    known_datasets,
    readings_from,
    stream_of,
)
from radtl_tf.errors import DataError, OutputError
from radtl_tf.records.experiment import Task

KEY = bytes(32)
TASK = Task(positive="sick", patient="patient_id", unit="image")
ROWS = [("ZZCANARY-a.png", "sick", "ZZCANARY-1"), ("b.png", "well", "ZZCANARY-2"), ("c.dcm", "well", "ZZCANARY-1")]
RANDOM = np.random.default_rng(4)


@pytest.fixture
def manifest(manifest_of: Callable[..., Path], tmp_path: Path, encoded: Any, dicom: Any) -> Path:
    """Return a manifest of a PNG of 8 and one of 16 bits, and a DICOM file."""
    path = manifest_of(ROWS)
    pixels = RANDOM.integers(0, 65536, (7, 9), dtype=np.uint16)
    (tmp_path / "b.png").write_bytes(encoded(pixels))
    (tmp_path / "c.dcm").write_bytes(dicom(pixels, PatientName="ZZCANARY", PatientID="ZZCANARY", StudyDate="19990101"))
    return path


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "out" / "data"


def _build(path: Path, data_dir: Path, task: Task = TASK, key: bytes = KEY) -> Any:
    table = read_manifest(path)
    return build_manifest(table, cases_of(table, task, key), data_dir)


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def test_a_data_set_holds_every_image_as_decoded_in_order(manifest: Path, data_dir: Path) -> None:
    builder = _build(manifest, data_dir)
    found = list(tfds.as_numpy(stream_of(builder)))
    table = read_manifest(manifest)
    cases = cases_of(table, TASK, KEY)
    assert [row["example"] for row in found] == [0, 1, 2]
    for row, source, truth, patient in zip(found, table.images, cases.truth, cases.patients, strict=True):
        assert row["image"].dtype == np.uint16
        np.testing.assert_array_equal(row["image"][..., 0], decode(source.path).pixels)
        assert row["label"] == truth
        assert row["patient"].decode() == cases.patient_ids[patient]
        assert row["sha256"].decode() == hashlib.sha256(source.path.read_bytes()).hexdigest()


def test_readings_come_back_without_a_pixel_being_decoded(
    manifest: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = _build(manifest, data_dir)
    monkeypatch.setattr(tfds.features.Image, "decode_example", lambda *_: pytest.fail("an image was decoded"))
    found = readings_from(builder)
    table = read_manifest(manifest)
    for reading, source in zip(found, table.images, strict=True):
        decoded = decode(source.path)
        assert (reading.height, reading.width, reading.bits) == (*decoded.pixels.shape, decoded.bits)
        assert reading.mean == pytest.approx(decoded.pixels.mean() / 65535, abs=1e-6)
        assert reading.sd == pytest.approx(decoded.pixels.std() / 65535, abs=1e-6)
        assert reading.notes == decoded.notes
        assert reading.signature.shape == (32, 32)


def test_the_data_set_gives_the_cases_of_the_manifest(manifest: Path, data_dir: Path) -> None:
    table = read_manifest(manifest)
    expected = cases_of(table, TASK, KEY)
    found = cases_from(build_manifest(table, expected, data_dir), TASK)
    for name in ("examples", "truth", "patients"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert (found.patient_ids, found.classes, found.unit) == (expected.patient_ids, expected.classes, expected.unit)
    other = cases_from(build_manifest(table, expected, data_dir), Task(positive="well", unit="image"))
    np.testing.assert_array_equal(other.truth, 1 - expected.truth)


def test_a_complete_data_set_is_used_again(manifest: Path, data_dir: Path) -> None:
    first = _build(manifest, data_dir)
    written = {path: path.stat().st_mtime_ns for path in _files(data_dir)}
    assert _build(manifest, data_dir).data_path == first.data_path
    assert {path: path.stat().st_mtime_ns for path in _files(data_dir)} == written


@pytest.mark.slow
@pytest.mark.parametrize("change", ["image", "label", "key"])
def test_a_change_makes_another_data_set(manifest: Path, data_dir: Path, tmp_path: Path, change: str) -> None:
    first = _build(manifest, data_dir)
    if change == "image":
        (tmp_path / "b.png").write_bytes((tmp_path / "ZZCANARY-a.png").read_bytes())
    elif change == "label":
        manifest.write_text(manifest.read_text().replace("c.dcm,well", "c.dcm,sick"))
    second = _build(manifest, data_dir, key=bytes(31) + b"1" if change == "key" else KEY)
    assert second.data_path != first.data_path
    # training data do not depend on the patients' ids
    assert (fingerprint(first) == fingerprint(second)) == (change == "key")


def test_the_fingerprint_is_the_same_anywhere(manifest: Path, data_dir: Path) -> None:
    assert fingerprint(_build(manifest, data_dir)) == fingerprint(_build(manifest, data_dir / "elsewhere"))


def test_an_unreadable_image_names_its_line_and_leaves_nothing(manifest: Path, data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes((tmp_path / "b.png").read_bytes()[:-20])
    with pytest.raises(DataError, match=r"manifest\.csv: line 3: .*PNG") as caught:
        _build(manifest, data_dir)
    assert "\n" not in str(caught.value)
    assert _files(data_dir) == []
    assert list(data_dir.rglob("*incomplete*")) == []


def test_an_image_that_changes_before_the_build_is_refused(manifest: Path, data_dir: Path, tmp_path: Path) -> None:
    table = read_manifest(manifest)
    cases = cases_of(table, TASK, KEY)
    (tmp_path / "b.png").write_bytes((tmp_path / "ZZCANARY-a.png").read_bytes())
    with pytest.raises(DataError, match="line 3: .*changed"):
        build_manifest(table, cases, data_dir)


def test_nothing_is_printed_and_nothing_of_a_patient_written(
    manifest: Path, data_dir: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    builder = _build(manifest, data_dir)
    cases_from(builder, TASK)
    fingerprint(builder)
    assert capfd.readouterr().out == ""
    assert caplog.text == ""
    written = _files(data_dir)
    assert len(written) >= 3
    assert not [
        path for path in written if b"ZZCANARY" in path.read_bytes() or "ZZCANARY" in str(path.relative_to(data_dir))
    ]
    assert not [path for path in written if b"19990101" in path.read_bytes()]


def test_no_connection_is_tried(manifest: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        pytest.fail("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    _build(manifest, data_dir)


def _record(data_dir: Path) -> Path:
    return next(path for path in _files(data_dir) if ".tfrecord-" in path.name)


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
@pytest.mark.parametrize("read", [fingerprint, lambda builder: cases_from(builder, TASK)], ids=["fingerprint", "cases"])
def test_damage_on_disk_becomes_one_line(
    manifest: Path, data_dir: Path, damage: str, read: Callable[[Any], Any]
) -> None:
    builder = _build(manifest, data_dir)
    record = _record(data_dir)
    data = bytearray(record.read_bytes())
    data[len(data) // 2] ^= 1
    record.write_bytes(data if damage == "flip" else data[:-30])
    if damage == "gone":
        record.unlink()
    with pytest.raises(DataError, match=r"radiographs \(.*2\.0\.0\).*damaged") as caught:
        read(builder)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_an_output_error(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        _build(manifest, tmp_path / "file")


def test_every_shipped_data_set_can_be_loaded() -> None:
    assert "radiographs" in known_datasets()
    for name in known_datasets():
        found = builder_class(name)
        assert found.name == name
        metadata = found.get_metadata()
        assert metadata.description
        assert set(metadata.tags) <= set(tfds.core.dataset_metadata.valid_tags())


def test_an_unknown_data_set_is_named_with_the_nearest(data_dir: Path) -> None:
    with pytest.raises(DataError, match="radiograph .*'radiographs'"):
        build_named("radiograph", data_dir)
    with pytest.raises(DataError, match=r"'\.\./radiographs'"):
        builder_class("../radiographs")
    with pytest.raises(DataError, match="'x'.*: none"):
        build_named("radiographs/x", data_dir)
    with pytest.raises(DataError, match="'radiographs' .*manifest"):
        build_named("radiographs", data_dir)


@pytest.mark.real
def test_chest400_is_built_and_read_back(real_folder: Path, data_dir: Path) -> None:
    table = read_manifest(real_folder / "data" / "chest400" / "labels.csv")
    task = Task(positive="pneumonia", patient="patient_id", unit="image")
    cases = cases_of(table, task, KEY)
    assert (len(cases.truth), len(table.table)) == (400, 400)
    with pytest.raises(DataError, match=r"\b10 .*labels"):
        cases_of(table, Task(positive="pneumonia", patient="patient_id"), KEY)
    builder = build_manifest(table, cases, data_dir)
    np.testing.assert_array_equal(cases_from(builder, task).patients, cases.patients)
    first = next(iter(tfds.as_numpy(stream_of(builder))))
    np.testing.assert_array_equal(first["image"][..., 0], decode(table.images[0].path).pixels)


def test_labels_that_nobody_knows_are_kept_apart(manifest: Path, data_dir: Path) -> None:
    table = read_manifest(manifest)
    task = Task(kind="multilabel", label=("a", "b"), patient="patient_id", unit="image", missing="ignore")
    truths = ([[1, 0], [UNKNOWN, 1], [0, UNKNOWN]], [[1, 0], [0, 1], [0, 0]])
    cases = [replace(cases_of(table, TASK, KEY), kind="multilabel", classes=("a", "b")) for _ in truths]
    built = [
        build_manifest(table, replace(one, truth=np.array(truth)), data_dir)
        for one, truth in zip(cases, truths, strict=True)
    ]
    for builder, truth in zip(built, truths, strict=True):
        np.testing.assert_array_equal(cases_from(builder, task).truth, truth)
    assert [one.unknown for one in examined_from(built[0])] == [(), ("a",), ("b",)]
    assert len({fingerprint(builder) for builder in built}) == 2
    assert "unknown" not in built[1].info.features


def test_numbers_are_stored_with_their_values(manifest: Path, data_dir: Path) -> None:
    text = manifest.read_text()
    manifest.write_text(text.replace("sick", "8.25").replace("well", "12"))
    task = Task(kind="regression", label_unit="years", patient="patient_id", unit="image")
    builder = _build(manifest, data_dir, task)
    assert builder.info.features["label"].dtype == np.float64
    cases = cases_from(builder, task)
    assert cases.truth.tolist() == [8.25, 12, 12] and cases.kind == "regression"
    assert [image.number for image in examined_from(builder)] == [8.25, 12, 12]
    assert examined_from(builder)[0].labels == ("8.25",)
    other = data_dir / "other"
    manifest.write_text(manifest.read_text().replace("8.25", "8.5"))
    assert fingerprint(_build(manifest, other, task)) != fingerprint(builder)
