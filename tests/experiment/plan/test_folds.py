"""Folds of a plan: shares and inner parts that are too small, and the table of parts."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.folds.draw import draw_folds
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.errors import DataError
from radtl_tf.experiment.plan.folds import check_shares, fold_warnings, folds_text
from radtl_tf.records.experiment import FoldPlan


@pytest.fixture
def cases() -> Cases:
    numbers = np.arange(60)
    return Cases(numbers, numbers % 2, numbers, tuple(map(str, numbers)), ("well", "sick"), "patient")


def test_every_example_has_a_part_in_every_fold(cases: Cases) -> None:
    folds = draw_folds(cases, FoldPlan(count=3), 1)
    rows = list(csv.DictReader(folds_text(cases, folds).splitlines()))
    assert len(rows) == 3 * 60
    assert {(row["fold"], row["example"]) for row in rows} == {(str(f), str(e)) for f in range(3) for e in range(60)}


def test_small_inner_parts_are_told(cases: Cases) -> None:
    folds = draw_folds(cases, FoldPlan(count=3), 1)
    assert len(fold_warnings(folds)) == 1
    assert fold_warnings([replace(fold, fixed_epochs=False) for fold in folds]) == []


def test_a_share_needs_every_class(cases: Cases, make_experiment: Any) -> None:
    experiment = make_experiment()
    folds = draw_folds(cases, FoldPlan(count=3), 1)
    check_shares(cases, folds, experiment)
    alone = replace(folds[0], train=folds[0].train[cases.truth[folds[0].train] == 0])
    with pytest.raises(DataError):
        check_shares(cases, [alone], replace(experiment, grid=replace(experiment.grid, train_fractions=(0.5,))))
