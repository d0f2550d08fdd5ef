"""docs/reference/experiment-file.md lists every key with its default, and no other keys."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.records.experiment import (
    EvaluationPlan,
    Experiment,
    FoldPlan,
    Grid,
    Question,
    Task,
    Training,
    TuningAxis,
    WeightsEntry,
)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "experiment-file.md"
SECTIONS: dict[str, type] = {
    "task": Task,
    "question": Question,
    "folds": FoldPlan,
    "grid": Grid,
    "training": Training,
    "evaluation": EvaluationPlan,
}
EXAMPLES = {
    "backbones",
    "weights",
    "tunings",
    "compare",
    "manifest",
    "positive",
    "patient",
}  # no defaults: names chosen by the user


@pytest.fixture(scope="module")
def file() -> str:
    return re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)[0]


def default(field: Field[Any]) -> Any:
    return list(field.default) if isinstance(field.default, tuple) else field.default


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_stands_there_with_its_default(file: str, section: str) -> None:
    part = re.findall(rf"^\[{section}\](.*?)(?=^\[|\Z)", file, flags=re.DOTALL | re.MULTILINE)[0]
    said = set(re.findall(r"^#? ?(\w+) = ", part, flags=re.MULTILINE))
    known = {field.name: field for field in fields(SECTIONS[section])}
    assert said == set(known)
    for name, value in tomllib.loads(part).items():
        if name not in EXAMPLES and known[name].default is not MISSING:
            assert value == default(known[name]), name


def test_the_other_keys_stand_there_too(file: str) -> None:
    for record in (TuningAxis, WeightsEntry):
        for field in fields(record):
            assert re.search(rf"\b{field.name}\b", file), field.name
    for field in fields(Experiment):
        assert re.search(rf"^(\[?){field.name}\b", file, flags=re.MULTILINE), field.name


def test_the_file_is_an_experiment(file: str, tmp_path: Path) -> None:
    from radtl_tf.records.reader import experiment_from

    experiment = experiment_from(tomllib.loads(file), tmp_path)
    assert experiment.question is not None
    assert experiment.grid.weights == ("radimagenet", "imagenet")
