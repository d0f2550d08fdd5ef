"""The source file of unlabeled films: what it may say, and what has no effect there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.records.pretraining import portable, pretraining_from
from radtl_tf.records.self_supervised import self_supervised_from

RAW: dict[str, Any] = {
    "name": "films",
    "data": {"images": "films"},
    "model": {"backbone": "MobileNet025"},
    "record": {"license": "CC0-1.0"},
}


def test_a_folder_is_enough_and_the_record_has_no_path(tmp_path: Path) -> None:
    found = self_supervised_from(RAW, tmp_path)
    assert found.data.images == tmp_path / "films"
    assert (found.training.epochs, found.training.flip) == (30, False)
    assert portable(found)["data"]["images"] == "films"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ({}, "images"),
        ({"images": "a", "dataset": "adld"}, "images"),
        ({"images": "a", "label": "sick"}, "label"),
        ({"images": "a", "patient": "id"}, "data.patient"),
        ({"images": "a", "encoding": "utf-8"}, "data.encoding"),
        ({"dataset": "adld", "depth": 12}, "data.depth"),
        ({"manifest": "a.csv", "patient": "id", "patient_pattern": "p"}, "contradict"),
        ({"images": "a", "patient_pattern": "("}, "patient_pattern"),
    ],
)
def test_keys_that_contradict_or_have_no_effect(data: dict[str, str], word: str, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=word):
        self_supervised_from({**RAW, "data": data}, tmp_path)


@pytest.mark.parametrize("key", ["validation", "class_weights", "augmentation"])
def test_settings_of_labels_are_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=key):
        self_supervised_from({**RAW, "training": {key: "none"}}, tmp_path)


def test_each_kind_of_source_refuses_the_other(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=r"\[task\]"):
        self_supervised_from({**RAW, "task": {"dataset": "adld"}}, tmp_path)
    with pytest.raises(ExperimentError, match="self-supervised"):
        pretraining_from(RAW, tmp_path)
