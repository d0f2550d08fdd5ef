"""Rows of predictions have the columns of their task."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.runs import Target
from radtl_tf.training.prediction_rows import prediction_rows


def test_a_binary_task_has_one_score(cases: Cases, fold: Fold) -> None:
    scores = {"inner": np.linspace(0, 1, len(fold.inner)), "test": np.full(len(fold.test), 0.5)}
    rows = list(prediction_rows(cases, "s", fold, scores))
    at = int(fold.inner[1])
    assert rows[1] == ("s", 0, 0, "inner", at, str(at), at % 2, scores["inner"][1])
    assert len(rows) == len(fold.inner) + len(fold.test)


def test_several_classes_have_a_truth_and_a_score_each(several: dict[str, Cases], fold: Fold) -> None:
    for kind, cases in several.items():
        scores = {"test": np.random.default_rng(0).random((len(fold.test), len(cases.classes)))}
        rows = [dict(zip(_columns(cases), row, strict=True)) for row in prediction_rows(cases, "s", fold, scores)]
        at = int(fold.test[3])
        assert [rows[3][f"truth_{name}"] for name in cases.classes] == cases.marks[at].tolist(), kind
        assert [rows[3][f"score_{name}"] for name in cases.classes] == scores["test"][3].tolist(), kind
        assert rows[3]["example"] == at


def _columns(cases: Cases) -> tuple[str, ...]:
    return Target(cases.kind, cases.classes).columns


def test_the_truth_of_a_label_that_nobody_knows_is_empty(several: dict[str, Cases], fold: Fold) -> None:
    truth = several["multilabel"].truth.copy()
    truth[fold.test[0]] = (UNKNOWN, 1)
    cases = replace(several["multilabel"], truth=truth)
    (first, *_) = prediction_rows(cases, "s", fold, {"test": np.full((len(fold.test), 2), 0.25)})
    assert first[6:] == (None, 1, 0.25, 0.25)
    assert csv_text(Target("multilabel", cases.classes).columns, [first]).endswith(",,1,0.25,0.25\n")


def test_numbers_and_thresholds_have_their_truth(numbers: Cases, stages: Cases, fold: Fold) -> None:
    at = int(fold.test[3])
    (number,) = list(prediction_rows(numbers, "s", fold, {"test": numbers.truth[fold.test] + 1}))[3:4]
    assert number[-2:] == (numbers.truth[at], numbers.truth[at] + 1) and isinstance(number[-2], float)
    scores = {"test": np.full((len(fold.test), 2), 0.25)}
    row = dict(zip(_columns(stages), list(prediction_rows(stages, "s", fold, scores))[3], strict=True))
    assert [row["truth_above low"], row["truth_above middle"]] == stages.above[at].tolist()
    assert row["score_above low"] == 0.25
