"""The data of an experiment are checked: errors stop it, duplicates stay together, warnings are shown or accepted."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from radtl_tf.data.folds.draw import Fold, draw_folds
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.errors import DataError
from radtl_tf.experiment.plan.data import take_in
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.plan.plan import make_plan as plan_of
from radtl_tf.records.disk import read_json
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.reader import as_dict, validated
from radtl_tf.training.device import prepare
from radtl_tf.training.linear.trivial_baselines import BASELINES


def _copy(folder: Path, source: int, target: int) -> None:
    shutil.copy(folder / "images" / f"{source:03d}.png", folder / "images" / f"{target:03d}.png")


def test_patients_who_share_an_image_stay_on_one_side(make_experiment: Any, tmp_path: Path) -> None:
    experiment = make_experiment()
    _copy(tmp_path, 4, 10)
    intake = take_in(experiment, OutputFolder(tmp_path / "out"), ())
    assert intake.cases.linked is not None
    assert intake.cases.groups[4] == intake.cases.groups[10]
    assert intake.cases.patients[4] != intake.cases.patients[10]
    assert "duplicates-across" in [finding.code for finding in intake.known.findings]
    divided = make_experiment(folds={"group_duplicates": False})
    assert take_in(divided, OutputFolder(tmp_path / "other"), ()).cases.linked is None


def test_folds_keep_them_together(make_plan: Any, make_experiment: Any, tmp_path: Path) -> None:
    make_experiment()
    _copy(tmp_path, 4, 10)
    plan = make_plan()
    folds = pd.read_csv(plan.folder.folds)
    parts = folds.pivot(index="fold", columns="example", values="part")
    assert (parts[4] == parts[10]).all()


def test_an_image_with_two_labels_stops_the_experiment(make_plan: Any, make_experiment: Any, tmp_path: Path) -> None:
    make_experiment()
    _copy(tmp_path, 4, 11)
    with pytest.raises(DataError, match=r"\b1 images .*labels"):
        make_plan()
    assert not (tmp_path / "out" / "experiment.json").exists()


def test_every_unreadable_image_is_counted(make_plan: Any, make_experiment: Any, tmp_path: Path) -> None:
    make_experiment()
    for number in (3, 7):
        (tmp_path / "images" / f"{number:03d}.png").write_bytes(b"none")
    with pytest.raises(DataError, match=r"line 5: .*\b2 images"):
        make_plan()


@pytest.mark.slow
def test_what_is_accepted_is_what_the_latest_call_says(make_experiment: Any, tmp_path: Path) -> None:
    experiment = make_experiment()
    device = prepare(experiment.training, experiment.seed)

    def record(*codes: str) -> tuple[Plan, dict[str, Any]]:
        folder = OutputFolder(tmp_path / "out")
        plan = plan_of(experiment, folder, device=device, weights_folder=tmp_path, accepted=codes)
        written = read_json(folder.experiment)
        assert written["check"]["accepted"] == list(codes)
        assert "shortcut" in [finding["code"] for finding in written["check"]["findings"]]
        told = [line for line in written["warnings"] if line.startswith("Data check, shortcut: ")]
        assert bool(told) == ("shortcut" not in codes)
        assert written["warnings"] == plan.warnings
        return plan, written

    plan, first = record()
    with plan.folder.finishing(plan.runs[0]):
        pass
    _, second = record("shortcut")
    assert {key for key in first if first[key] != second[key]} == {"check", "warnings", "checksum"}
    third = record()[1]
    assert len(third.pop("changes")) == 2  # accepted, and not accepted again
    assert {**third, "checksum": first["checksum"]} == first


@pytest.mark.slow
def test_data_from_memory_are_those_of_the_file(make_experiment: Any, tmp_path: Path) -> None:
    experiment = make_experiment()
    manifest = read_manifest(experiment.task.manifest)
    own = take_in(experiment, OutputFolder(tmp_path / "own"))
    nameless = replace(experiment, task=replace(experiment.task, manifest=None))
    given = take_in(nameless, OutputFolder(tmp_path / "given"), source=manifest)
    built = take_in(nameless, OutputFolder(tmp_path / "built"), source=given.builder)
    for intake in (given, built):
        assert intake.sha256 == own.sha256
        for fold, same in zip(own.folds, intake.folds, strict=True):
            np.testing.assert_array_equal(fold.test, same.test)
    assert validated(as_dict(nameless), Experiment) == nameless
    with pytest.raises(DataError):
        take_in(nameless, OutputFolder(tmp_path / "none"))


def test_folds_are_drawn_once(make_experiment: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draws: list[object] = []

    def drawn(*words: Any) -> list[Fold]:
        draws.append(words)
        return draw_folds(*words)

    for place in ("experiment.plan.data", "data.check.check_data"):
        monkeypatch.setattr(f"radtl_tf.{place}.draw_folds", drawn)
    take_in(make_experiment(), OutputFolder(tmp_path / "out"))
    assert len(draws) == 1


def test_an_error_cannot_be_accepted(make_experiment: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'two-labels'"):
        take_in(make_experiment(), OutputFolder(tmp_path / "never"), ("two-labels",))


@pytest.mark.slow
def test_the_trivial_baselines_are_written_for_the_same_folds(finished_plan: Plan) -> None:
    plan = finished_plan
    table = pd.read_csv(plan.folder.baselines, dtype={"patient": str})
    assert set(table["scenario"]) <= set(BASELINES)
    folds = pd.read_csv(plan.folder.folds)
    for fold in range(3):
        expected = folds[(folds.fold == fold) & (folds.part == "test")]["example"]
        for name in set(table["scenario"]):
            rows = table[(table.fold == fold) & (table.part == "test") & (table.scenario == name)]
            np.testing.assert_array_equal(np.sort(rows["example"]), np.sort(expected))


@pytest.mark.slow
def test_a_named_data_set_is_checked_too(make_experiment: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from radtl_tf.experiment.plan import data as intake

    own = take_in(make_experiment(), OutputFolder(tmp_path / "own"), ())
    monkeypatch.setattr(intake, "build_named", lambda name, folder: own.builder)
    task = {"dataset": "any", "positive": "sick", "manifest": None, "patient": None}
    named = take_in(make_experiment(task=task), OutputFolder(tmp_path / "named"), ())
    np.testing.assert_array_equal(named.cases.truth, own.cases.truth)
    assert [finding.code for finding in named.known.findings if finding.level == "warning"] == [
        "shortcut",
        "marker",
    ]


@pytest.mark.slow
def test_touched_images_build_nothing_again(make_experiment: Any, tmp_path: Path) -> None:
    experiment, folder = make_experiment(), OutputFolder(tmp_path / "out")
    before = take_in(experiment, folder)
    for image in (tmp_path / "images").iterdir():
        image.touch()
    after = take_in(experiment, folder)
    assert after.builder.data_path == before.builder.data_path
    assert len(list(folder.data.glob("radiographs/*"))) == 1


@pytest.mark.slow
def test_an_experiment_goes_on_where_its_data_have_moved(plan_on_read_images: Any, tmp_path: Path) -> None:
    plan = plan_on_read_images()
    with plan.folder.finishing(plan.runs[0]):
        pass
    here = Path(plan.experiment.task.manifest).parent
    shutil.copytree(here / "images", tmp_path / "moved" / "images")
    shutil.copy(here / "labels.csv", tmp_path / "moved")
    moved = plan_on_read_images(task={"manifest": str(tmp_path / "moved" / "labels.csv")})
    assert moved.folder.is_done(plan.runs[0])
    written = read_json(moved.folder.experiment)
    assert written["experiment"]["task"]["manifest"] == str(tmp_path / "moved" / "labels.csv")
    assert moved.data_set == plan.data_set


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dataset_info.json", "features.json", "*.tfrecord*"])
def test_a_damaged_data_set_is_built_again_with_one_line(
    plan_on_read_images: Any, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    plan = plan_on_read_images()
    file = next(plan.data_set.glob(name))
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    caplog.clear()
    again = plan_of(plan.experiment, plan.folder, device=plan.device, weights_folder=plan.folder.root)
    assert again.data_sha256 == plan.data_sha256
    assert sum("built again" in line for line in caplog.messages) == 1
