"""Before the first run: everything is checked, and an output folder belongs to one experiment."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from radtl_tf.errors import DataError, ExperimentError, OutputError, WeightsError
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.plan.plan import make_plan as plan_of
from radtl_tf.records.disk import read_json
from radtl_tf.records.experiment_facts import write_facts


def finish_a_run(plan: Plan) -> Plan:
    with plan.folder.finishing(plan.runs[0]):
        return plan


def anonymous(path: Path) -> pd.DataFrame:
    """Return a table without the hashes of its patients, whose key differs per folder."""
    return pd.read_csv(path).drop(columns="patient")


def test_folds_and_experiment_are_written(finished_plan: Plan) -> None:
    plan = finished_plan
    folds = pd.read_csv(plan.folder.folds)
    assert list(folds.columns) == ["example", "patient", "repeat", "fold", "part"]
    assert len(folds) == 60 * 3
    record = read_json(plan.folder.experiment)
    assert record["data"]["counts"] == {
        "well": {"images": 30, "patients": 30},
        "sick": {"images": 30, "patients": 30},
    }
    assert record["folds_sha256"] == hashlib.sha256(plan.folder.folds.read_bytes()).hexdigest()
    assert [(row["name"], row["pixels"]) for row in record["weights"]] == [("mine", "tf"), ("random", "tf")]
    assert record["versions"]["keras"]


def test_no_raw_id_and_no_path_of_an_image_is_written(finished_plan: Plan) -> None:
    plan = finished_plan
    written = plan.folder.folds.read_text() + plan.folder.experiment.read_text()
    assert "0007" not in pd.read_csv(plan.folder.folds, dtype=str).patient.to_list()
    assert "images/" not in written


def test_the_key_is_private(finished_plan: Plan) -> None:
    (key,) = finished_plan.folder.root.rglob("patient.key")
    assert key.stat().st_mode & 0o077 == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("section", "changes", "said"),
    [
        ("training", {"epochs": 4}, "training.epochs: 3 .* 4 now"),
        ("question", {"margin": 0.05}, "question.margin"),
        ("folds", {"repeats": 2}, "folds.repeats"),
    ],
)
def test_a_changed_experiment_is_a_new_one_when_a_run_is_finished(
    section: str, changes: dict[str, Any], said: str, plan_on_read_images: Any
) -> None:
    finish_a_run(plan_on_read_images())
    with pytest.raises(OutputError, match=said):
        plan_on_read_images(**{section: changes})


@pytest.mark.slow
def test_while_no_run_is_finished_a_changed_experiment_takes_the_folder(plan_on_read_images: Any) -> None:
    old = plan_on_read_images()
    built = Path(next(old.folder.data.rglob("dataset_info.json")))
    kept = {file: file.stat().st_mtime_ns for file in (built, old.folder.data / "pixels-32.npy")}
    sections = {"training": {"epochs": 4}, "question": {"margin": 0.05}, "folds": {"count": 4}}
    new, other = plan_on_read_images(**sections), plan_on_read_images("other", **sections)
    for name in ("folds.csv", "baselines.csv"):
        pd.testing.assert_frame_equal(anonymous(new.folder.root / name), anonymous(other.folder.root / name))
    found, expected = (read_json(plan.folder.experiment) for plan in (new, other))
    for key in ("experiment", "data", "weights", "scenarios", "warnings", "check"):
        assert found[key] == expected[key]
    assert found["folds_sha256"] == hashlib.sha256(new.folder.folds.read_bytes()).hexdigest()
    assert {file: file.stat().st_mtime_ns for file in kept} == kept  # neither built nor decoded again


@pytest.mark.slow
def test_a_changed_manifest_is_not_answered_with_the_pixels_of_the_one_before(make_plan: Any, tmp_path: Path) -> None:
    before = np.array(make_plan().pixels)
    header, *lines = (tmp_path / "labels.csv").read_text().splitlines()
    rows = [f"{line},{20 + number}" for number, line in enumerate(reversed(lines[:40]))]
    (tmp_path / "labels.csv").write_text("\n".join([f"{header},age", *rows]) + "\n")
    new, other = make_plan(), make_plan("other")
    assert np.array_equal(new.pixels, before[39::-1])
    assert new.images_hash == other.images_hash
    for name in ("baselines.csv", "folds.csv"):
        pd.testing.assert_frame_equal(anonymous(new.folder.root / name), anonymous(other.folder.root / name))
    for name in ("inputs.json", "metadata.csv"):
        assert (new.folder.root / name).read_text() == (other.folder.root / name).read_text()
    assert read_json(new.folder.experiment)["data"]["examples"] == 40


def test_a_changed_evaluation_is_recorded_and_is_no_new_experiment(plan_on_read_images: Any) -> None:
    folder = finish_a_run(plan_on_read_images()).folder
    before = read_json(folder.experiment)
    assert before["experiment"]["evaluation"]["operating_points"] == []
    plan_on_read_images(evaluation={"operating_points": ["youden"]})
    after = read_json(folder.experiment)
    assert after["experiment"].pop("evaluation")["operating_points"] == ["youden"]
    del before["experiment"]["evaluation"]
    changes = after.pop("changes")  # with their date
    assert ["youden" in change["what"] for change in changes] == [True]
    assert {**after, "checksum": before["checksum"]} == before
    with pytest.raises(OutputError, match="training.epochs"):
        plan_on_read_images(evaluation={"operating_points": ["youden"]}, training={"epochs": 4})


def test_a_folder_from_before_there_was_an_evaluation_section_goes_on(plan_on_read_images: Any) -> None:
    folder = finish_a_run(plan_on_read_images()).folder
    record = read_json(folder.experiment)
    del record["experiment"]["evaluation"]
    write_facts(folder.experiment, record)
    plan_on_read_images()
    assert read_json(folder.experiment)["experiment"]["evaluation"] == {"operating_points": [], "subgroups": []}


@pytest.mark.slow
def test_changed_weights_or_data_are_a_new_experiment(make_plan: Any, tmp_path: Path) -> None:
    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.weights.file import write_weights

    plan = make_plan()
    write_weights(tmp_path / "tiny.h5", build_base("Tiny", 32, seed=100))
    changed = finish_a_run(make_plan())
    assert changed.record(changed.runs[0]).sha256 != plan.record(plan.runs[0]).sha256
    write_weights(tmp_path / "tiny.h5", build_base("Tiny", 32, seed=101))
    with pytest.raises(OutputError, match="weights"):
        make_plan()


def test_a_missing_file_stops_before_anything_is_written(make_plan: Any, tmp_path: Path) -> None:
    (tmp_path / "tiny.h5").unlink()
    with pytest.raises(WeightsError, match="tiny.h5"):
        make_plan()
    assert not (tmp_path / "out").exists()


def test_a_missing_image_is_named_by_its_line(make_plan: Any, tmp_path: Path) -> None:
    (tmp_path / "images" / "004.png").unlink()
    with pytest.raises(DataError, match="line 6"):
        make_plan()
    assert not (tmp_path / "out" / "experiment.json").exists()


def test_an_unreadable_image_is_named_by_its_line(make_plan: Any, tmp_path: Path) -> None:
    (tmp_path / "images" / "004.png").write_bytes(b"<html>")
    with pytest.raises(DataError, match="line 6"):
        make_plan()
    assert not (tmp_path / "out" / "folds.csv").exists()


def test_images_smaller_than_the_backbone_takes(make_plan: Any) -> None:
    with pytest.raises(ExperimentError, match="75 px"):
        make_plan(grid={"backbones": ["InceptionV3"]}, weights={"mine": {"files": {"InceptionV3": "tiny.h5"}}})


def test_few_patients_are_refused_or_warned_of(make_plan: Any, finished_plan: Plan) -> None:
    with pytest.raises(DataError, match=r"\b6 folds"):
        make_plan(folds={"count": 7})
    assert "fewer than 10 patients" in finished_plan.warnings[0]


def test_an_output_that_cannot_be_written(make_plan: Any, tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("")
    with pytest.raises(OutputError, match="occupied"):
        make_plan("occupied/out")


def test_another_machine_is_refused_while_runs_remain(plan_on_read_images: Any) -> None:
    plan = finish_a_run(plan_on_read_images())
    places = {"device": replace(plan.device, precision="mixed_bfloat16"), "weights_folder": plan.folder.root}
    with pytest.raises(OutputError, match="precision float32, now mixed_bfloat16"):
        plan_of(plan.experiment, plan.folder, **places)
    assert plan_of(plan.experiment, plan.folder, **places, allow_changed=True).remaining


def test_damaged_files_of_the_plan_are_written_again(plan_on_read_images: Any) -> None:
    plan = finish_a_run(plan_on_read_images())
    folder = plan.folder
    files = (folder.folds, folder.baselines, folder.inputs, folder.image_hashes)
    before = {file: file.read_bytes() for file in files}
    for file in files:
        file.write_bytes(before[file][:20])
    plan_of(plan.experiment, folder, device=plan.device, weights_folder=folder.root)
    assert {file: file.read_bytes() for file in files} == before


def test_a_lost_experiment_is_written_again_if_the_runs_belong_to_it(plan_on_read_images: Any) -> None:
    plan = plan_on_read_images()
    with plan.folder.finishing(plan.runs[0], **plan.identity):
        pass
    before = read_json(plan.folder.experiment)
    plan.folder.experiment.write_text("{")
    plan_of(plan.experiment, plan.folder, device=plan.device, weights_folder=plan.folder.root)
    after = read_json(plan.folder.experiment)
    assert {key for key in after if after[key] != before.get(key)} == {"changes", "checksum"}
    plan.folder.experiment.unlink()
    with pytest.raises(OutputError, match="another output folder"):
        plan_on_read_images(training={"epochs": 4})
