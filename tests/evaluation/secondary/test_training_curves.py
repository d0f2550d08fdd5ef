"""The losses of the runs are averaged per setting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.evaluation.results.experiment_record import read_record
from radtl_tf.evaluation.secondary.roc_curves import QUESTION
from radtl_tf.evaluation.secondary.training_curves import Course

Outcome = Callable[..., Path]
ONE = {"backbones": ("ResNet50",), "tunings": {"frozen": (0.01,)}}


def history(folder: Path, scenario: str, fold: int = 0) -> Path:
    return folder / "runs" / scenario / f"0-{fold}" / "history.csv"


def course(folder: Path, name: str) -> Course:
    return next(course for course in evaluate(folder).courses if course.line.name == name)


def test_a_course_is_mean_and_range_over_the_runs(outcome: Outcome) -> None:
    folder = outcome(**ONE)
    found = course(folder, "imagenet").epochs
    assert found.index.tolist() == list(range(1, 31))
    assert found["loss_mean"].to_numpy() == pytest.approx(found["loss_high"].to_numpy())
    assert found["inner_loss_low"].loc[12] == pytest.approx(0.6)
    assert (found["inner_loss_low"] < found["inner_loss_mean"]).all()
    assert (found["inner_loss_mean"] < found["inner_loss_high"]).all()


def test_runs_that_had_not_converged_are_marked(outcome: Outcome) -> None:
    folder = outcome(**ONE)
    runs = read_record(folder).runs.query("scenario == 'ResNet50-imagenet-caffe-frozen-0.01'")
    kept = course(folder, "imagenet").kept
    assert kept["stuck"].tolist() == [converged is False for converged in runs["converged"]]
    assert kept["epoch"].tolist() == runs["best_epoch"].tolist()
    assert kept["stuck"].sum() == 1


def test_after_early_stopping_the_longer_runs_go_on(outcome: Outcome) -> None:
    folder = outcome(**ONE)
    path = history(folder, "ResNet50-imagenet-caffe-frozen-0.01", fold=4)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:11]))
    found = course(folder, "imagenet").epochs
    assert len(found) == 30
    assert found["inner_loss_high"].loc[11] < found["inner_loss_high"].loc[10]  # the fifth fold's was the highest


def test_the_question_and_runs_without_history_have_no_course(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",))
    assert QUESTION not in [course.line.panel for course in evaluate(folder).courses]
    for path in folder.glob("runs/*/*/history.csv"):
        path.unlink()
    assert evaluate(folder).courses == []
