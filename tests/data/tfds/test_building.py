"""Building: one process at a time, one line about what goes wrong."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.data.tfds.builders import build_manifest
from radtl_tf.data.tfds.building import data_errors
from radtl_tf.errors import DataError, OutputError
from radtl_tf.logs import shown
from radtl_tf.records.experiment import Task
from radtl_tf.records.safety import lock_file
from radtl_tf.records.safety.lock import waiting

KEY = bytes(32)
TASK = Task(positive="sick", patient="patient_id", unit="image")


@pytest.fixture
def manifest(manifest_of: Callable[..., Path]) -> Path:
    """Return a manifest of three images."""
    return manifest_of([("a.png", "sick", "1"), ("b.png", "well", "2"), ("c.png", "well", "1")])


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "out" / "data"


def _build(path: Path, data_dir: Path) -> Any:
    table = read_manifest(path)
    return build_manifest(table, cases_of(table, TASK, KEY), data_dir)


def test_a_build_of_another_process_is_not_touched(
    manifest: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_file, "POLL", 0.05)
    place = Path(_build(manifest, data_dir).data_path)
    shutil.rmtree(place)
    half = place.with_name(f"incomplete.ABCDEF_{place.name}")
    begun, said = threading.Event(), list[str]()

    def build() -> None:
        with waiting(place.with_name(f".{place.name}.lock"), ""):
            half.mkdir(parents=True)
            begun.set()
            while not said:
                time.sleep(0.01)
            kept.append(half.exists())

    kept: list[bool] = []
    other = threading.Thread(target=build)
    other.start()
    assert begun.wait(10)
    with shown(said.append):
        _build(manifest, data_dir)
    other.join()
    assert kept == [True] and "waiting for it" in said[0]
    assert not half.exists()  # its process has ended without a data set


def test_a_full_disk_is_one_line_with_its_folder(
    manifest: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        try:
            raise tf.errors.ResourceExhaustedError(None, None, "x.tfrecord; No space left on device")
        except tf.errors.ResourceExhaustedError as error:
            raise RuntimeError("ResourceExhaustedError: while writing") from error  # as TFDS does

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", full)
    with pytest.raises(OutputError, match="Make room on the disk of") as caught:
        _build(manifest, data_dir)
    assert "\n" not in str(caught.value) and str(data_dir) in str(caught.value)


@pytest.mark.parametrize(
    "error", [AssertionError("two\nlines"), ValueError(), tf.errors.InternalError(None, None, "x")]
)
def test_other_errors_of_tfds_become_one_line(error: Exception) -> None:
    with pytest.raises(DataError, match=f"data set x .*\\({type(error).__name__}\\)"):
        with data_errors("x"):
            raise error
