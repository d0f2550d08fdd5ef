"""The experiment file of the best candidates is valid and means them."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.experiment.plan.scenarios import starts_of, weights_records
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.screen.candidates import Candidate, candidates_from
from radtl_tf.library.screen.experiment_file import experiment_text
from radtl_tf.records.experiment import Experiment, Task, Training
from radtl_tf.records.reader import experiment_from
from radtl_tf.records.runs import EMBEDDINGS


def written(chosen: list[Candidate], task: Task, folder: Path, margin: float | None = None) -> Experiment:
    text = experiment_text(chosen, 9, task, Training(image_size=96), 726, margin, folder / "best.toml")
    return experiment_from(tomllib.loads(text), folder)


def test_the_candidates_are_the_starts_of_the_experiment(
    data: Dataset, weights_file: Path, tiny_backbone: str, tmp_path: Path
) -> None:
    vectors = tmp_path / "my vectors.npz"
    np.savez(vectors, names=np.array([f"{row}" for row in range(62)]), vectors=np.random.rand(62, 3))
    chosen = candidates_from(
        data, [weights_file, "random"], [tiny_backbone], "caffe", {"my vectors": vectors}, image_size=96
    )
    experiment = written(chosen, data.task, tmp_path)
    assert experiment.task == data.task
    assert starts_of(experiment) == [(one.backbone, one.name) for one in chosen]
    records = weights_records(experiment, tmp_path)
    assert [replace(record, name="") for record in records.values()][:2] == [
        replace(one.record, name="") for one in chosen if one.record
    ]
    assert experiment.question and experiment.question.compare == ("mine", "random")
    assert (experiment.training.image_size, experiment.question.margin) == (96, 0.02)


def test_the_same_weights_in_two_backbones_get_two_names(data: Dataset, tmp_path: Path) -> None:
    pairs = [("ResNet50", "random"), ("MobileNet", "random"), ("MobileNet", "imagenet")]
    chosen = candidates_from(data, pairs, [], None, {}, image_size=96)
    experiment = written(chosen, data.task, tmp_path, margin=0.05)
    assert sorted(starts_of(experiment)) == [
        ("MobileNet", "imagenet"),
        ("MobileNet", "random-mobilenet"),
        ("ResNet50", "random-resnet50"),
    ]
    sources = {(record.backbone, record.source) for record in weights_records(experiment, tmp_path).values()}
    assert sources == {("MobileNet", "keras"), ("MobileNet", "random"), ("ResNet50", "random")}
    assert experiment.question and experiment.question.margin == 0.05


def test_a_regression_needs_a_margin(data: Dataset, tmp_path: Path) -> None:
    chosen = candidates_from(data, ["random"], ["ResNet50", "MobileNet"], None, {}, image_size=96)
    task = replace(data.task, kind="regression", positive=None, label_unit="years")
    with pytest.raises(ExperimentError, match="years"):
        written(chosen, task, tmp_path)
    asked = written(chosen, task, tmp_path, margin=0.5).question
    assert asked and (asked.metric, asked.margin) == ("mae", 0.5)


def test_what_no_file_can_name_is_refused(data: Dataset, tmp_path: Path) -> None:
    chosen = candidates_from(data, ["random"], ["ResNet50", "MobileNet"], None, {}, image_size=96)
    with pytest.raises(DataError):
        written(chosen, data.subset([0, 1, 2]).task, tmp_path)
    array = Candidate("array", EMBEDDINGS, vectors=np.zeros((62, 2), np.float32))
    with pytest.raises(ExperimentError, match="array"):
        written([*chosen, array], data.task, tmp_path)
