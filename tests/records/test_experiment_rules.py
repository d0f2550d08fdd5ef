"""Values of an experiment file that contradict each other are refused with one line."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.records.reader import experiment_from

changed = runpy.run_path(str(Path(__file__).with_name("experiment_files.py")))["changed"]


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("grid.tunings.0.layers", 3, ("'layers'", "mode = 'topK'")),
        ("grid.tunings.0.mode", "topK", ("'layers'", "mode = 'topK'")),
        ("grid.weights", ["imagenet", "imagenet"], ("weights", "twice")),
        ("question.compare", ["imagnet", "random"], ("'imagnet'", "'imagenet'")),
        ("question.compare", ["random", "random"], ("'random'", "twice")),
        ("question", ..., ("[question]", "missing")),
        ("evaluation.subgroups", ["sex", "sex"], ("subgroups", "twice")),
        ("training.views", 3, ("views", "training.augmentation")),
        ("grid.image_sizes", [96, "96x96"], ("grid.image_sizes", "twice")),
        ("grid.train_fractions", [0.5, 0.25], ("grid.train_fractions", "1.0")),
    ],
)
def test_a_contradiction_gets_one_line(place: str, value: Any, said: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(ExperimentError) as caught:
        experiment_from(changed(place, value), tmp_path)
    assert [word for word in said if word not in str(caught.value)] == []
    assert "\n" not in str(caught.value)


def with_embeddings(entry: dict[str, Any], training: dict[str, Any] | None = None, **grid: Any) -> dict[str, Any]:
    """Return the valid file with the weights ``imagenet`` and the embeddings ``random``."""
    raw = changed("weights", {"random": entry})
    return {**raw, "grid": {**raw["grid"], **grid}, "training": training or {}}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (with_embeddings({"embeddings": "x.npz", "pixels": "tf"}), r"\[weights.random\]"),
        (with_embeddings({"embeddings": "x.npz", "files": {"ResNet50": "a.h5"}}), r"\[weights.random\]"),
        (with_embeddings({"embeddings": "x.npz"}, backbones=[]), "grid.backbones' is missing"),
        (changed("grid.backbones", ...), "grid.backbones' is missing"),
        (with_embeddings({"embeddings": "x.npz"}, pixels=["native", "tf"]), "grid.pixels has tf"),
        (
            with_embeddings({"embeddings": "x.npz"}, tunings=[{"mode": "full", "learning_rates": [0.1]}]),
            "grid.tunings has full",
        ),
        (
            with_embeddings({"embeddings": "x.npz"}, {"augmentation": "published"}),
            "training.augmentation has published",
        ),
    ],
)
def test_embeddings_that_would_need_their_network(raw: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=said) as caught:
        experiment_from(raw, tmp_path)
    assert "\n" not in str(caught.value)


def test_embeddings_alone_have_no_backbones(tmp_path: Path) -> None:
    raw = {**with_embeddings({"embeddings": "x.npz"}, weights=["random"]), "question": None}
    with pytest.raises(ExperimentError, match="grid.backbones has ResNet50"):
        experiment_from(raw, tmp_path)
    del raw["grid"]["backbones"]
    assert experiment_from(raw, tmp_path).grid.backbones == ()


def test_shares_of_the_training_patients_need_a_question(tmp_path: Path) -> None:
    raw = changed("question", ...)
    raw["grid"] |= {"weights": ["imagenet"], "train_fractions": [0.5, 1.0]}
    with pytest.raises(ExperimentError, match=r"grid\.train_fractions .*\[question\]"):
        experiment_from(raw, tmp_path)
    raw["grid"]["train_fractions"] = [1.0]
    assert experiment_from(raw, tmp_path).question is None


def test_operating_points_need_a_binary_task(tmp_path: Path) -> None:
    raw = changed("evaluation.operating_points", ["youden", "sensitivity = 0.95"])
    assert experiment_from(raw, tmp_path).evaluation.operating_points == ("youden", "sensitivity = 0.95")
    raw["task"] |= {"kind": "multiclass"}
    del raw["task"]["positive"]
    with pytest.raises(ExperimentError, match="evaluation.operating_points .*multiclass"):
        experiment_from(raw, tmp_path)
