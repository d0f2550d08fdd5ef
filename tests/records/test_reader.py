"""An experiment file is read completely, or refused with a one-line error that names the key."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.records.experiment import Task
from radtl_tf.records.reader import absolute_task, as_dict, experiment_from, read_experiment

_files = runpy.run_path(str(Path(__file__).with_name("experiment_files.py")))
VALID, changed = _files["VALID"], _files["changed"]


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    raw = changed("weights", {"imagenet": {"files": {"ResNet50": "w/a.h5"}, "pixels": "caffe"}})
    experiment = experiment_from(raw, tmp_path)
    assert experiment.task.manifest == tmp_path / "labels.csv"
    assert experiment.weights["imagenet"].files["ResNet50"] == tmp_path / "w" / "a.h5"


def test_defaults_are_those_of_the_contract(tmp_path: Path) -> None:
    experiment = experiment_from(VALID, tmp_path)
    assert (experiment.seed, experiment.folds.count, experiment.folds.inner) == (726, 5, 0.2)
    assert (experiment.training.head_input, experiment.training.resize) == ("standardized", "pad")


def test_what_is_written_can_be_read_again(tmp_path: Path) -> None:
    experiment = experiment_from(VALID, tmp_path)
    assert experiment_from(as_dict(experiment), Path("elsewhere")) == experiment


def test_environment_variables_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADTL_TEST_FOLDER", str(tmp_path / "there"))
    experiment = experiment_from(changed("task.manifest", "${RADTL_TEST_FOLDER}/labels.csv"), tmp_path)
    assert experiment.task.manifest == tmp_path / "there" / "labels.csv"


@pytest.mark.parametrize(
    ("dataset", "kept"),
    [("adld", "adld"), ("radiograph_phantoms/skull", "radiograph_phantoms/skull"), ("/x/knees", "/x/knees")],
)
def test_the_name_of_a_data_set_is_no_path(tmp_path: Path, dataset: str, kept: str) -> None:
    assert absolute_task(Task(positive="x", dataset=dataset), tmp_path).dataset == kept


@pytest.mark.parametrize("dataset", ["./knees", "../knees", "own/knees", "own/knees/lateral"])
def test_the_folder_of_a_builder_is_relative_to_the_file(tmp_path: Path, dataset: str) -> None:
    task = absolute_task(Task(positive="x", dataset=dataset), tmp_path)
    assert task.dataset == str((tmp_path / dataset).resolve())


def test_a_relative_path_in_a_variable_is_meant_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("RADTL_TEST_FOLDER", "..")
    experiment = experiment_from(changed("task.manifest", "${RADTL_TEST_FOLDER}/labels.csv"), Path("/elsewhere"))
    assert experiment.task.manifest == tmp_path / "labels.csv"


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("sed", 1, ("'sed'", "'seed'")),
        ("task.positve", "x", ("'task.positve'", "'positive'")),
        ("training.epoch", 3, ("'training.epoch'", "'epochs'")),
        ("grid.tunings.0.learning_rate", [1], ("learning_rate'", "'learning_rates'")),
        ("weights", {"x": {"file": {}}}, ("'weights.x.file'", "'files'")),
        ("name", ..., ("'name'",)),
        ("task.positive", ..., ("'task.positive'",)),
        ("folds.count", 1, ("folds.count = 1", "at least 2")),
        ("folds.inner", 0.9, ("folds.inner = 0.9", "at most 0.5")),
        ("grid.tunings.0.mode", "frozn", ("'frozn'", "'frozen'")),
        ("grid.tunings.0.learning_rates", [-1.0], ("learning_rates", "-1.0", "above 0")),
        ("task.manifest", ..., ("'manifest'", "'dataset'")),
        ("task.patient_pattern", "x", ("task.patient_pattern", "task.patient ")),
        ("task.one_image_per_patient", True, ("one_image_per_patient", "task.patient")),
        ("task.label", ["a", "b"], ("task.label", "kind = 'multilabel'")),
        ("task.label", 3, ("task.label = 3",)),
        ("task.kind", "multiclass", ("task.positive", "multiclass")),
        ("task.kind", "binry", ("'binry'", "'binary'")),
        ("task.manifest", "${RADTL_UNSET_VARIABLE}/x.csv", ("RADTL_UNSET_VARIABLE",)),
        ("evaluation.operating_point", ["youden"], ("operating_point'", "'operating_points'")),
        ("evaluation.operating_points", ["yuden"], ("'yuden'", "'youden'")),
        ("evaluation.operating_points", ["youden", "youden "], ("'youden'", "twice")),
        ("evaluation.subgroups", ["sx"], ("'sx'", "'sex'")),
        ("evaluation.operating_points", "youden", ("evaluation.operating_points = 'youden'",)),
        ("training.image_size", 31, ("training.image_size = 31", "32 to 2048")),
        ("training.image_size", "96 x 192", ("training.image_size = '96 x 192'", "'256x512'")),
        ("training.image_size", "96x4096", ("training.image_size = '96x4096'", "32 to 2048")),
        ("grid.image_sizes", [96, True], ("grid.image_sizes.1 = True", "32 to 2048")),
        ("training.batch_size", 0, ("training.batch_size = 0", "at least 1")),
        ("training.batch_size", "large", ("training.batch_size = 'large'",)),
        ("grid.train_fractions", [1.0, 1.5], ("1.5", "at most 1")),
    ],
)
def test_a_wrong_file_gets_one_line(place: str, value: Any, said: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(ExperimentError) as caught:
        experiment_from(changed(place, value), tmp_path)
    assert [word for word in said if word not in str(caught.value)] == []
    assert "\n" not in str(caught.value)


def test_the_path_of_embeddings_is_relative_to_the_file(tmp_path: Path) -> None:
    experiment = experiment_from(changed("weights", {"random": {"embeddings": "made/features.npz"}}), tmp_path)
    assert experiment.weights["random"].embeddings == tmp_path / "made" / "features.npz"


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "experiment.toml"
    file.write_bytes(content)
    with pytest.raises(ExperimentError, match="TOML"):
        read_experiment(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=r"none\.toml"):
        read_experiment(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ({"kind": "multilabel"}, "multilabel .*task.label_separator"),
        ({"kind": "multilabel", "label": ["a", "b"], "label_separator": "|"}, "task.label .*columns"),
        ({"kind": "multiclass", "label_separator": "|"}, "task.label_separator .*multiclass"),
        ({"positive": "a", "classes": ["a", "b"]}, "task.classes .*kind = 'multilabel'"),
        ({"kind": "multilabel", "label": ["a", "b"], "classes": ["a", "b"]}, "task.classes"),
        ({"kind": "multilabel", "label_separator": "|", "classes": ["a", "a"]}, "once"),
        ({"kind": "multilabel", "label_separator": "|", "classes": ["a"]}, "two"),
    ],
)
def test_labels_that_contradict_their_kind(task: dict[str, Any], said: str, tmp_path: Path) -> None:
    raw = changed("task", {"manifest": "labels.csv", "patient": "patient_id", **task})
    with pytest.raises(ExperimentError, match=said):
        experiment_from(raw, tmp_path)


def test_tasks_of_every_kind_are_read_and_written(tmp_path: Path) -> None:
    for task in (
        {"kind": "multiclass"},
        {"kind": "multilabel", "label": ["a", "b"]},
        {"kind": "multilabel", "label_separator": "|"},
        {"kind": "multilabel", "label_separator": "|", "classes": ["b", "a"]},
        {"positive": "a", "label_separator": "|"},
    ):
        raw = changed("task", {"manifest": "labels.csv", "patient": "patient_id", **task})
        experiment = experiment_from(raw, tmp_path)
        assert experiment_from(as_dict(experiment), Path("elsewhere")) == experiment


def test_the_axis_of_image_sizes_replaces_the_size_of_training(tmp_path: Path) -> None:
    experiment = experiment_from(changed("grid.image_sizes", ["96x192", 224]), tmp_path)
    assert experiment.training.image_size == "96x192"
    both = changed("grid.image_sizes", [96]) | {"training": {"image_size": 224}}
    with pytest.raises(ExperimentError, match=r"grid.image_sizes and training.image_size"):
        experiment_from(both, tmp_path)
