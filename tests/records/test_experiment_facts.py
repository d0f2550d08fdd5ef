"""``experiment.json`` is read into typed records, also for files of earlier versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import DataError, OutputError
from radtl_tf.records.experiment import EvaluationPlan
from radtl_tf.records.experiment_facts import ClassCount, ExperimentFacts, read_facts

SCENARIO = {"backbone": "ResNet50", "weights": "mine", "pixels": "tf", "tuning": "frozen", "learning_rate": 0.01}
OLDEST: dict[str, Any] = {
    "format": 1,
    "experiment": {
        "name": "first",
        "task": {"manifest": "/data/labels.csv", "positive": "yes"},
        "grid": {
            "backbones": ["ResNet50"],
            "weights": ["mine"],
            "tunings": [{"mode": "frozen", "learning_rates": [0.01]}],
        },
        "folds": {"count": 5},
    },
    "data": {
        "sha256": "0",
        "examples": 9,
        "patients": 7,
        "classes": ["no", "yes"],
        "counts": {"no": {"images": 5, "patients": 4}, "yes": {"images": 4, "patients": 3}},
        "unit": "image",
    },
    "folds_sha256": "1",
    "weights": [
        {"name": "mine", "backbone": "ResNet50", "source": "file", "pixels": "tf", "native_pixels": "tf"},
    ],
    "versions": {"radtl_tf": "0.0.1"},
    "scenarios": [SCENARIO],
}


def read(folder: Path, **changes: Any) -> ExperimentFacts:
    path = folder / "experiment.json"
    path.write_text(json.dumps({**OLDEST, **changes}))
    return read_facts(path)


def test_what_the_first_version_did_not_write_is_what_it_did(tmp_path: Path) -> None:
    facts = read(tmp_path)
    assert facts.experiment.evaluation == EvaluationPlan()
    assert not facts.experiment.folds.group_duplicates
    grouped = {**OLDEST["experiment"], "folds": {"group_duplicates": True}}
    assert read(tmp_path, experiment=grouped).experiment.folds.group_duplicates
    assert (facts.check, facts.warnings, facts.hardware) == (None, (), {})
    assert facts.weights[0].alternative_pixels is None
    assert facts.scenarios[0].setting.train_fraction == 1


def test_numbers_and_classes_are_typed(tmp_path: Path) -> None:
    facts = read(tmp_path, check={"findings": [{"code": "unit", "level": "warning", "message": "Look."}]})
    assert facts.data.counts["yes"] == ClassCount(images=4, patients=3)
    assert facts.target.classes == ("no", "yes")
    assert facts.check is not None
    assert facts.check.warnings == ["Look."]


def test_texts_are_taken_as_they_are(tmp_path: Path) -> None:
    assert read(tmp_path, experiment={**OLDEST["experiment"], "note": "${NOWHERE}"}).experiment.note == "${NOWHERE}"


@pytest.mark.parametrize(
    "changes",
    [{"format": 2}, {"experiment": {**OLDEST["experiment"], "invented": 1}}],
)
def test_a_newer_folder_says_which_version_wrote_it(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, **changes, versions={"radtl_tf": "9.9"})
    assert "radtl_tf 9.9" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("changes", [{"scenarios": [{}]}, {"scenarios": None}])
def test_a_damaged_file_is_one_line(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(OutputError, match=r"experiment\.json"):
        read(tmp_path, **changes)
