"""Shards: kept as they are finished; a continued build has the bytes of an undisturbed one and leaves nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds

from radtl_tf.data.decoding import worker_pool
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.data.tfds import examples, shards
from radtl_tf.data.tfds.builders import build_manifest, build_named, cases_from, readings_from
from radtl_tf.data.tfds.examples import SPLIT
from radtl_tf.data.tfds.shards import shards_folder
from radtl_tf.errors import DataError
from radtl_tf.logs import shown
from radtl_tf.records.experiment import Task

KEY = bytes(32)
TASK = Task(positive="sick", patient="patient_id", unit="image")
NUMBER = 8


@pytest.fixture
def manifest(manifest_of: Callable[..., Path], tmp_path: Path, dicom: Any) -> Path:
    """Return a manifest of images; every second one is DICOM with one of three patients in its header."""
    rows = [(f"{at}.{'dcm' if at % 2 else 'png'}", "sick" if at % 3 else "well", f"p{at}") for at in range(NUMBER)]
    path = manifest_of([row for row in rows if row[0].endswith("png")])
    for at in range(1, NUMBER, 2):
        pixels = np.random.default_rng(at).integers(0, 65536, (7, 9), dtype=np.uint16)
        (tmp_path / f"{at}.dcm").write_bytes(dicom(pixels, PatientID=f"ZZCANARY{at // 2 % 3}"))
    path.write_text("path,label,patient_id\n" + "".join(",".join(row) + "\n" for row in rows))
    return path


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two or three images fill a shard, and one process decode."""
    monkeypatch.setattr(shards, "SHARD_BYTES", 4096)
    monkeypatch.setattr(worker_pool, "num_cpus", lambda: 1)


def _build(path: Path, data_dir: Path) -> Any:
    table = read_manifest(path)
    return build_manifest(table, cases_of(table, TASK, KEY), data_dir)


def _interrupted(path: Path, data_dir: Path, after: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Build until ``after`` examples are made; return the folder of the kept shards."""
    example = examples._example

    def dies(number: int, *args: Any) -> Any:
        if number == after:
            raise KeyboardInterrupt
        return example(number, *args)

    with monkeypatch.context() as patch:
        patch.setattr(examples, "_example", dies)
        with pytest.raises(KeyboardInterrupt):
            _build(path, data_dir)
    (kept,) = data_dir.glob("radiographs/*/.*.shards")
    return kept


def _bytes(builder: Any) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(builder.data_path).iterdir()}


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the images that are decoded."""
    names, read_all = list[str](), examples.read_all

    def counting(paths: Iterator[Path], **options: Any) -> Any:
        return read_all((names.append(path.name) or path for path in paths), **options)

    monkeypatch.setattr(examples, "read_all", counting)
    return names


def test_a_continued_build_decodes_the_rest_only_and_has_the_same_bytes(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[str]
) -> None:
    whole = _build(manifest, tmp_path / "whole")
    assert len(whole.info.splits[SPLIT].shard_lengths) > 2
    kept = _interrupted(manifest, tmp_path / "data", 6, monkeypatch)
    finished = len(list(kept.glob("*/*.tfrecord")))
    assert finished >= 1
    (kept / SPLIT / f"{finished:05d}.tfrecord").write_bytes(b"written after the record")
    decoded.clear()
    said = list[str]()
    with shown(said.append):
        continued = _build(manifest, tmp_path / "data")
    assert any("Continuing" in line for line in said)
    assert 0 < len(decoded) < NUMBER
    assert _bytes(continued) == _bytes(whole)
    cases = cases_of(read_manifest(manifest), TASK, KEY)
    np.testing.assert_array_equal(cases_from(continued, TASK).truth, cases.truth)
    patients = [reading.header_patient for reading in readings_from(continued)]
    assert patients == ["", "1", "", "2", "", "3", "", "1"]  # the same numbers as in one pass
    assert not kept.exists()
    assert [path.name for path in kept.parent.iterdir() if path.name != "downloads"] == ["2.0.0"]


def test_kept_shards_that_do_not_fit_are_of_no_use(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[str]
) -> None:
    kept = _interrupted(manifest, tmp_path / "data", 6, monkeypatch)
    builder: Any = SimpleNamespace(info=SimpleNamespace(features=None))

    def finished(change: str) -> int:
        folder = tmp_path / change
        shutil.copytree(kept / SPLIT, folder)
        record, shard = folder / "kept.json", folder / "00000.tfrecord"
        if change == "record":
            record.write_text(record.read_text().replace('"examples": ', '"examples": 1'))
        elif change == "cut":
            shard.write_bytes(shard.read_bytes()[:-1])
        return shards._Kept(folder, builder)._continued.number

    assert finished("unchanged") > 0 == finished("record") == finished("cut")
    with monkeypatch.context() as patch:
        patch.setattr(shards, "_VERSIONS", {"radtl_tf": "another"})
        assert finished("another version") == 0
    (tmp_path / "0.png").touch()  # another time, the same content: the data set keeps its name, the rows differ
    decoded.clear()
    assert _build(manifest, tmp_path / "data").info.splits[SPLIT].num_examples == NUMBER
    assert len(set(decoded)) == NUMBER
    assert not kept.exists()


def test_an_error_in_an_image_of_a_manifest_keeps_nothing(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "6.png").write_bytes(b"no image")
    with pytest.raises(DataError, match="line 8"):
        _build(manifest, tmp_path / "data")
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_shards_are_moved_where_links_are_not_possible(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(shards.os, "link", refuse)
    assert [reading.bits for reading in readings_from(_build(manifest, tmp_path / "data"))] == [8, 16] * (NUMBER // 2)


class _Own(tfds.core.GeneratorBasedBuilder):
    """A builder that makes its examples without our ``generate``."""

    VERSION = tfds.core.Version("1.0.0")
    keys = (0, 1, 2)

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict({"number": np.int64}), disable_shuffling=True
        )

    def _split_generators(self, _: Any) -> dict[str, Any]:
        return {SPLIT: self._generate_examples()}

    def _generate_examples(self) -> Iterator[Any]:
        return iter([(key, {"number": key}) for key in self.keys])


def test_a_builder_without_our_generator_starts_again(tmp_path: Path, manifest: Path) -> None:
    built = build_named(_Own(data_dir=tmp_path / "first"), tmp_path / "first")
    other = _Own(data_dir=tmp_path / "second")
    kept = shards_folder(Path(other.data_path)) / SPLIT
    kept.mkdir(parents=True)
    shutil.copy(next(Path(built.data_path).glob("*.tfrecord*")), kept / "00000.tfrecord")
    size = (kept / "00000.tfrecord").stat().st_size
    record: dict[str, Any] = {"versions": shards._VERSIONS, "patients": 0}
    record |= {"shards": [{"examples": 3, "bytes": 9, "size": size}], "rows": "", "key": ""}
    shards.write_json(kept / "kept.json", shards.sealed(record))
    again = build_named(other, tmp_path / "second")
    assert again.info.splits[SPLIT].num_examples == 3 and not kept.exists()


@pytest.mark.parametrize("keys", [(0, 2, 1), ()])
def test_keys_that_do_not_ascend_and_no_examples_are_one_line(
    keys: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Own, "keys", keys)
    with pytest.raises(DataError) as caught:
        build_named(_Own(data_dir=tmp_path), tmp_path)
    assert "\n" not in str(caught.value)
