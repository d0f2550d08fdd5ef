"""Notes on the width of the question's interval."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.inference.expected_width import expected
from radtl_tf.evaluation.inference.repeated_folds import ByPatient
from radtl_tf.evaluation.question.contrasts import Contrast, judge
from radtl_tf.evaluation.question.inner_choice import Measured
from radtl_tf.evaluation.secondary.interval_widths import width_notes

Outcome = Callable[..., Path]


def told(evaluation: Evaluation, differences: tuple[float, ...], error_of_fitted_models: float) -> list[str]:
    """Return the notes of one repeat with these fold differences."""
    index = pd.MultiIndex.from_product([[0], range(5)], names=["repeat", "fold"])
    added = np.full((1, 100), error_of_fitted_models / 10)
    patients = ByPatient(added, np.zeros(100, int), 0.64)
    none = Measured(pd.Series(0.7, index), replace(patients, added=0 * added))
    first = Measured(0.7 + pd.Series(differences, index), patients)
    return width_notes(evaluation.record, judge([Contrast("question", "x", "y", first, none, "")], 5, 0.02))


def test_the_width_is_next_to_the_expected_one(evaluation: Evaluation) -> None:
    (note,) = told(evaluation, (0.0, 0.1, 0.05, 0.02, 0.08), 0.001)
    (half, forecast) = map(float, re.findall(r"\+-(0\.\d{3})", note))
    assert forecast == pytest.approx(expected(96, 144, 5, 1).difference, abs=5e-4)
    assert half == pytest.approx(2.776 * np.std([0, 0.1, 0.05, 0.02, 0.08], ddof=1) * np.sqrt(0.45), abs=5e-4)


def test_an_interval_narrower_than_that_of_fixed_models_is_implausible(evaluation: Evaluation) -> None:
    narrow = told(evaluation, (0.050, 0.051, 0.049, 0.050, 0.050), 0.02)
    assert len(narrow) == 2
    assert "+-0.039" in narrow[1]
    assert len(told(evaluation, (0.050, 0.051, 0.049, 0.050, 0.050), 1e-5)) == 1


def test_without_a_spread_nothing_is_said(evaluation: Evaluation) -> None:
    assert told(evaluation, (0.05,) * 5, 0.02) == []


def test_with_repeats_the_interval_by_folds_is_told_once(outcome: Outcome) -> None:
    found = evaluate(outcome(num_repeats=2, backbones=("ResNet50",), tunings={"frozen": (0.01,)}))
    row = found.comparisons.iloc[0]
    (note,) = [note for note in found.notes if "comparisons.csv" in note]
    assert f"{row['ci_low_by_folds']:.3f} to {row['ci_high_by_folds']:.3f}" in note
    assert not [note for note in found.notes if "implausibly" in note]
