"""The choice of radiographs on a contact sheet."""

from __future__ import annotations

from pathlib import Path

from radtl_tf.experiment.preview import chosen_rows, pixels_in_use
from radtl_tf.records.reader import experiment_from


def test_rows_are_drawn_per_class_and_the_same_again() -> None:
    labels = [("a",), ("b",), ("a", "b"), ("a",), ()]
    chosen = chosen_rows(labels, "01234", 2, 1)
    assert chosen == chosen_rows(labels, "01234", 2, 1)
    assert {name: len(rows) for name, rows in chosen.items()} == {"a": 2, "b": 2}
    assert set(chosen["b"]) == {1, 2}


def test_a_second_image_of_a_patient_comes_after_all_first_ones() -> None:
    labels = [("a",)] * 6
    assert {len({"001123"[row] for row in chosen_rows(labels, "001123", 4, seed)["a"]}) for seed in range(20)} == {4}


def test_the_conventions_of_an_experiment_are_those_of_its_weights() -> None:
    raw = {
        "name": "e",
        "seed": 1,
        "task": {"manifest": "labels.csv", "kind": "binary", "label": "label", "positive": "sick", "patient": "id"},
        "grid": {
            "backbones": ["ResNet50", "InceptionV3"],
            "weights": ["imagenet", "mine"],
            "tunings": [{"mode": "frozen", "learning_rates": [0.01]}],
        },
        "question": {"compare": ["imagenet", "mine"]},
        "weights": {"mine": {"files": {"ResNet50": "a.h5", "InceptionV3": "b.h5"}, "pixels": "zero_one"}},
    }
    assert pixels_in_use(experiment_from(raw, Path())) == ("caffe", "zero_one", "tf")
