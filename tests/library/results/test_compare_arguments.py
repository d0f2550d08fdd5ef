"""An experiment from the arguments of ``compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import radtl_tf
from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.data.patient_folds import PatientFolds
from radtl_tf.library.results.compare_arguments import Asked, dataset_from, experiment_of, features_of, source_of

COLUMNS = {"positive": "sick", "patient": "patient_id"}


def asked(**changes: Any) -> Asked:
    given: dict[str, Any] = {
        "weights": ["imagenet", "random"],
        "backbones": ["ResNet50"],
        "cv": 5,
        "margin": 0.02,
        "tunings": ["frozen", "topK25"],
        "learning_rates": [0.01],
        "training": {"epochs": 3, "image_size": 64, "batch_size": 8},
        "seed": 4,
        "name": "asked",
    }
    return Asked(**{**given, **changes})


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory, radiographs_in: Any) -> Path:
    return radiographs_in(tmp_path_factory.mktemp("radiographs"))


@pytest.fixture
def frame(table: Path) -> pd.DataFrame:
    return pd.read_csv(table, dtype=str)


def test_the_arguments_are_those_of_an_experiment_file(table: Path) -> None:
    data = Dataset.from_csv(table, **COLUMNS)
    found = experiment_of(data, asked(cv=PatientFolds(3, repeats=2, seed=9, inner=0.3), margin=0.05))
    assert found.task == data.task and source_of(data) is None
    assert found.question and (found.question.compare, found.question.margin) == (("imagenet", "random"), 0.05)
    assert (found.seed, found.folds.count, found.folds.repeats, found.folds.inner) == (9, 3, 2, 0.3)
    assert [(axis.name, axis.learning_rates) for axis in found.grid.tunings] == [
        ("frozen", (0.01,)),
        ("topK25", (0.01,)),
    ]
    assert (found.training.epochs, found.training.image_size, found.training.batch_size) == (3, 64, 8)


def test_a_number_of_folds_has_the_seed_of_the_experiment(table: Path) -> None:
    found = experiment_of(Dataset.from_csv(table, **COLUMNS), asked(cv=4, seed=11))
    assert (found.seed, found.folds.count) == (11, 4)


def test_data_in_memory_are_the_source_and_leave_no_path(frame: pd.DataFrame, table: Path) -> None:
    data = dataset_from(frame, root=table.parent, **COLUMNS)
    found = experiment_of(data, asked())
    assert (found.task.manifest, found.task.dataset) == (None, None)
    assert len(source_of(data).images) == 60
    assert len(source_of(data.subset(range(30))).images) == 30


def test_the_first_two_weights_are_compared(table: Path) -> None:
    data = Dataset.from_csv(table, **COLUMNS)
    weights = {"mine": ("mine.h5", "tf"), "imagenet": None, "random": None}
    found = experiment_of(data, asked(weights=weights))
    assert found.question and found.question.compare == ("mine", "imagenet")
    assert set(found.weights) == {"mine"} and found.weights["mine"].pixels == "tf"
    assert found.weights["mine"].files == {"ResNet50": Path("mine.h5").resolve()}
    assert experiment_of(data, asked(weights=["random"])).question is None


def test_several_backbones_have_a_file_each(table: Path) -> None:
    data, backbones = Dataset.from_csv(table, **COLUMNS), ["ResNet50", "MobileNet"]
    files = {"ResNet50": "a.h5", "MobileNet": "b.h5"}
    found = experiment_of(data, asked(backbones=backbones, weights={"mine": (files, "tf"), "random": None}))
    assert {name: file.name for name, file in found.weights["mine"].files.items()} == files
    with pytest.raises(ExperimentError):
        experiment_of(data, asked(backbones=backbones, weights={"mine": ("a.h5", "tf"), "random": None}))


@pytest.mark.parametrize("given", ["mine.h5", ("mine.h5",), 3])
def test_weights_without_their_convention_are_refused(given: Any, table: Path) -> None:
    with pytest.raises(DataError):
        experiment_of(Dataset.from_csv(table, **COLUMNS), asked(weights={"mine": given, "random": None}))


@pytest.mark.parametrize("change", [{"margin": 0}, {"tunings": ["topQ"]}, {"training": {"epochs": 0}}, {"cv": 1}])
def test_values_out_of_range_are_refused(change: dict[str, Any], table: Path) -> None:
    with pytest.raises(ExperimentError):
        experiment_of(Dataset.from_csv(table, **COLUMNS), asked(**change))


def test_columns_are_for_frames_only(table: Path) -> None:
    with pytest.raises(ExperimentError):
        dataset_from(Dataset.from_csv(table, **COLUMNS), patient="patient_id")
    with pytest.raises(DataError):
        dataset_from(str(table), patient="patient_id")  # type: ignore[arg-type]


def test_the_margin_of_an_auroc_has_a_default_and_that_of_an_error_has_none(table: Path, frame: pd.DataFrame) -> None:
    classes = experiment_of(Dataset.from_csv(table, **COLUMNS), asked(margin=None))
    assert classes.question and (classes.question.metric, classes.question.margin) == ("auroc", 0.02)
    frame["age"] = [f"{number / 4}" for number in range(len(frame))]
    data = Dataset.from_frame(frame, label="age", label_unit="years", patient="patient_id", root=table.parent)
    with pytest.raises(ExperimentError, match=r"question\.margin"):
        experiment_of(data, asked(margin=None))
    found = experiment_of(data, asked(margin=1.5))
    assert found.question and (found.question.metric, found.question.margin) == ("mae", 1.5)
    assert experiment_of(data, asked(margin=None, weights=["random"])).question is None


def test_arrays_become_files_in_the_order_of_the_data(frame: pd.DataFrame, table: Path, tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
    data = dataset_from(frame, root=table.parent, **COLUMNS).subset(range(10, 40))
    given, place = {"a": values, "b": (values + 1).tolist()}, tmp_path / "data"
    files = features_of(data, given, ["random"], place)
    assert files == features_of(data, given, [], place)
    assert len(list(place.iterdir())) == len({*files.values()}) == 2
    part = dataset_from(frame.iloc[10:40], root=table.parent, **COLUMNS)  # how an experiment sees a subset
    np.testing.assert_array_equal(radtl_tf.read_embeddings(part, files["a"]), values)
    found = experiment_of(data, asked(weights=["random"], backbones=None, tunings=["frozen"], features=files))
    assert (found.grid.backbones, found.grid.weights) == (("ResNet50",), ("random", "a", "b"))
    assert found.weights["a"].embeddings == files["a"]
    alone = experiment_of(data, asked(weights=(), backbones=None, tunings=["frozen"], features=files))
    assert alone.grid.backbones == () and alone.question and alone.question.compare == ("a", "b")


def test_a_file_keeps_its_place_unless_the_data_are_a_part(table: Path, tmp_path: Path) -> None:
    data = Dataset.from_csv(table, **COLUMNS)
    file = tmp_path / "features.npz"
    np.savez(file, names=np.arange(60), vectors=np.random.default_rng(0).standard_normal((60, 4)))
    assert features_of(data, {"a": file}, [], tmp_path / "data") == {"a": file}
    part = data.subset([5, 3])
    written = features_of(part, {"a": file}, [], tmp_path / "data")["a"]
    with np.load(written) as arrays:
        np.testing.assert_array_equal(arrays["vectors"], radtl_tf.read_embeddings(part, file))


@pytest.mark.parametrize(
    ("features", "error"),
    [
        ({"random": np.ones((60, 2))}, ExperimentError),  # a name of weights
        ({"a": np.ones((59, 2))}, DataError),
        ({"a": np.ones(60)}, DataError),
        ({"a": [["x", "y"]] * 60}, DataError),
    ],
)
def test_features_that_do_not_fit(table: Path, tmp_path: Path, features: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        features_of(Dataset.from_csv(table, **COLUMNS), features, ["random"], tmp_path / "data")
    assert not (tmp_path / "data").exists()
