"""Rules of a task: which keys belong to numbers and to stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.records.experiment import Experiment, Task
from radtl_tf.records.reader import experiment_from
from radtl_tf.records.runs import Target
from radtl_tf.records.task_rules import check_task

STAGES = ("CS1", "CS2", "CS3")
AGE = {"kind": "regression", "label_unit": "years"}
STAGE = {"kind": "ordinal", "classes": STAGES}


def task(**keys: Any) -> Task:
    return Task(**{"label": "age", "manifest": Path("a.csv"), **keys})


@pytest.mark.parametrize("keys", [AGE, STAGE, AGE | {"missing": "ignore"}, STAGE | {"missing": "ignore"}])
def test_numbers_and_stages_are_tasks(keys: dict[str, Any]) -> None:
    check_task(task(**keys))


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"kind": "regression"}, "label_unit"),
        (STAGE | {"label_unit": "years"}, "label_unit"),
        (AGE | {"positive": "1"}, "positive"),
        (AGE | {"classes": STAGES}, "classes"),
        (AGE | {"label_separator": "|"}, "label_separator"),
        (AGE | {"missing": "no"}, "missing"),
        (AGE | {"uncertain": "ignore"}, "uncertain"),
        ({"kind": "ordinal"}, "classes"),
        ({"kind": "ordinal", "classes": STAGES[:2]}, "classes"),
        ({"kind": "ordinal", "classes": ("CS1", "CS1", "CS2")}, "classes"),
        (STAGE | {"uncertain": "no"}, "uncertain"),
        (STAGE | {"missing": "no"}, "missing"),
    ],
)
def test_what_does_not_belong_to_them_is_named(keys: dict[str, Any], named: str) -> None:
    with pytest.raises(ExperimentError, match=f"task.{named}"):
        check_task(task(**keys))


def experiment(question: dict[str, Any], training: dict[str, Any] | None = None, **keys: Any) -> Experiment:
    raw = {
        "name": "ages",
        "task": {"label": "age", "manifest": "a.csv", "one_image_per_patient": True, **keys},
        "question": {"compare": ["imagenet", "random"], **question},
        "grid": {
            "backbones": ["ResNet50"],
            "weights": ["imagenet", "random"],
            "tunings": [{"mode": "frozen", "learning_rates": [1e-3]}],
        },
        "training": training or {},
    }
    return experiment_from(raw, Path())


def test_a_margin_in_years_may_be_above_one() -> None:
    asked = experiment({"metric": "mae", "margin": 1.5}, **AGE).question
    assert asked is not None
    assert (asked.metric, asked.margin) == ("mae", 1.5)


@pytest.mark.parametrize(
    ("question", "keys", "named"),
    [
        ({}, AGE, "question.metric"),
        ({"metric": "mae"}, AGE, "question.margin"),
        ({"metric": "mae", "margin": 0.5}, STAGE, "question.metric"),
        ({"margin": 1.5}, STAGE, "question.margin"),
    ],
)
def test_metric_and_margin_fit_the_task(question: dict[str, Any], keys: dict[str, Any], named: str) -> None:
    with pytest.raises(ExperimentError, match=named):
        experiment(question, **keys)


def test_a_regression_has_no_class_weights() -> None:
    with pytest.raises(ExperimentError, match="class_weights"):
        experiment({"metric": "mae", "margin": 1}, {"class_weights": "balanced"}, **AGE)


def test_columns_of_numbers_and_stages() -> None:
    number, stages = Target("regression", ()), Target("ordinal", STAGES)
    assert (number.truth, number.score) == (("truth",), ("score",))
    assert stages.truth == ("truth_above CS1", "truth_above CS2")
    assert stages.score == ("score_above CS1", "score_above CS2")
