"""What the check found is used again for the same data, and for no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.check.findings import Finding
from radtl_tf.data.manifest.reader import Manifest, read_manifest
from radtl_tf.data.tfds import builders
from radtl_tf.experiment.plan import data
from radtl_tf.experiment.plan.known_intake import KnownIntake, Readings, intake_key, known_intake, remember_intake
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder

FOUND = KnownIntake("ab", np.array([0, 1, 0]), (Finding("marker", "a message", (2, 9)), Finding("unit", "x")), ("sex",))


def test_what_is_remembered_comes_back(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    assert known_intake(folder, "k") is None
    remember_intake(folder, "k", FOUND)
    found = known_intake(folder, "k")
    assert found is not None and found.linked is not None
    np.testing.assert_array_equal(found.linked, FOUND.linked)
    assert replace(found, linked=None) == replace(FOUND, linked=None)
    remember_intake(folder, "k", replace(FOUND, linked=None))
    assert known_intake(folder, "k") == replace(FOUND, linked=None)


def test_another_key_and_a_damaged_file_are_not_used(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    remember_intake(folder, "k", FOUND)
    assert known_intake(folder, "other") is None
    (file,) = folder.data.iterdir()
    file.write_text(file.read_text().replace("0 1 0", "0 0 0"))
    assert known_intake(folder, "k") is None


def _cell(manifest: Manifest) -> Manifest:
    table = manifest.table.copy()
    table.iloc[0, -1] = "other"
    return replace(manifest, table=table, written=None)


@pytest.mark.parametrize("change", ["seed", "folds", "task", "files", "cell"])
def test_the_key_depends_on_all_that_the_check_sees(
    change: str, make_experiment: Callable[..., Experiment], tmp_path: Path
) -> None:
    shard = tmp_path / "x.tfrecord"
    shard.write_bytes(b"abc")
    splits = {"examples": SimpleNamespace(filepaths=[str(shard)])}
    builder: Any = SimpleNamespace(name="r", data_path=tmp_path, version="1", info=SimpleNamespace(splits=splits))
    experiment = make_experiment()
    manifest = read_manifest(Path(str(experiment.task.manifest)))
    before = intake_key(experiment, builder, manifest)
    assert intake_key(experiment, builder, manifest) == before
    if change == "seed":
        experiment = replace(experiment, seed=experiment.seed + 1)
    elif change == "folds":
        experiment = replace(experiment, folds=replace(experiment.folds, group_duplicates=False))
    elif change == "task":
        experiment = replace(experiment, task=replace(experiment.task, depth=12))
    elif change == "files":
        shard.write_bytes(b"abcd")
    else:
        manifest = _cell(manifest)
    assert intake_key(experiment, builder, manifest) != before
    moved = replace(experiment, task=replace(experiment.task, manifest=tmp_path / "elsewhere.csv"))
    assert intake_key(moved, builder, manifest) == intake_key(experiment, builder, manifest)


def test_readings_are_read_once_and_only_when_needed() -> None:
    calls = list[int]()
    readings: Any = Readings(2, lambda: calls.append(1) or ["a", "b"])
    assert (len(readings), calls) == (2, [])
    assert (list(readings), readings[0], readings[1:], calls) == (["a", "b"], "a", ["b"], [1])


def test_a_second_plan_reads_no_example_and_is_the_same(plan_on_read_images: Any, monkeypatch: Any) -> None:
    first = plan_on_read_images()
    for name in ("check", "linked_cases"):
        monkeypatch.setattr(data, name, lambda *_, **__: pytest.fail("the check was made again"))
    monkeypatch.setattr(builders, "stream_of", lambda *_: pytest.fail("an example was read"))
    second = plan_on_read_images()
    assert second.facts == first.facts
    assert (second.findings, second.warnings, second.images_hash) == (first.findings, first.warnings, first.images_hash)
