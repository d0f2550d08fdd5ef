"""Was anything learned? The question's weights against chance and the best trivial baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate, tables_of
from radtl_tf.evaluation.inference.comparison import difference, holm
from radtl_tf.evaluation.question.answer import Answer
from radtl_tf.evaluation.question.learned import (
    CHANCE,
    LEVEL,
    MEDIAN,
    learned,
    marker_warning,
    median_errors,
    no_model_values,
    sentence,
)
from radtl_tf.evaluation.results.experiment_record import read_record
from radtl_tf.evaluation.results.predictions import read_predictions

FOLDS = pd.MultiIndex.from_product([[0], range(5)], names=["repeat", "fold"])
NOISE = np.array([-0.01, 0.01, 0.0, 0.005, -0.005])


def asked(evaluation: Evaluation, first: float, second: float, noise: np.ndarray = NOISE) -> Answer:
    """Return the answer with these mean test AUROCs of imagenet and random."""
    assert evaluation.question
    folds = pd.DataFrame({"first": first + noise, "second": second + noise[::-1]}, FOLDS).reset_index()
    (found,) = evaluation.question.by_convention
    return replace(evaluation.question, by_convention=(replace(found, folds=folds),))


def baselines(**means: float) -> pd.DataFrame:
    return pd.DataFrame({name: mean + NOISE[[2, 0, 1, 4, 3]] for name, mean in means.items()}, FOLDS)


@pytest.mark.parametrize(
    ("first", "second", "pixels", "above_chance", "above_all"),
    [
        (0.83, 0.82, 0.6, ["imagenet", "random"], ["imagenet", "random"]),
        (0.83, 0.5, 0.6, ["imagenet"], ["imagenet"]),
        (0.83, 0.82, 0.83, ["imagenet", "random"], []),
        (0.5, 0.501, 0.6, [], []),
        (0.5, 0.501, 0.3, [], []),  # above a baseline that is below chance is not enough
    ],
)
def test_both_sides_are_compared_with_chance_and_with_the_best_baseline(
    evaluation: Evaluation, first: float, second: float, pixels: float, above_chance: list[str], above_all: list[str]
) -> None:
    found = learned(asked(evaluation, first, second), baselines(metadata=0.2, pixels=pixels), 5)
    assert (found.baseline, found.ahead_of(CHANCE), found.ahead_of_all) == ("pixels", above_chance, above_all)
    said = sentence(found)
    assert ("Both are above chance" in said) == (len(above_chance) == 2)
    assert ("Neither is shown to be above chance" in said) == (not above_chance)
    assert said.startswith("Nothing is shown to have been learned.") == (not above_chance)
    assert f"pixels (AUROC {pixels:.3f})" in said
    assert f"imagenet {first - pixels:+.3f}" in said


@pytest.mark.parametrize(("first", "second", "below"), [(0.7, 0.71, True), (0.9, 0.71, False), (0.99, 0.99, False)])
def test_weights_that_are_below_the_best_baseline_are_said_to_be_below(
    evaluation: Evaluation, first: float, second: float, below: bool
) -> None:
    said = sentence(learned(asked(evaluation, first, second), baselines(pixels=0.9), 5))
    assert ("Both are below the best trivial baseline" in said) == below


def test_the_test_is_the_questions_and_each_family_has_both_weights(evaluation: Evaluation) -> None:
    answer, others = asked(evaluation, 0.8, 0.7), baselines(pixels=0.75)
    found = learned(answer, others, 5)
    sides = answer.folds.set_index(["repeat", "fold"])
    for other, value in ((CHANCE, 0.5), ("pixels", others["pixels"])):
        tests = [difference(sides[name] - value, 0.0, 5) for name in ("first", "second")]
        rows = [row for row in found.rows if row.other == other]
        assert [row.test for row in rows] == tests
        assert [row.p_adjusted for row in rows] == pytest.approx(holm([test.p_value for test in tests]))


def test_a_perfect_score_in_every_fold_is_above_and_has_no_p(evaluation: Evaluation) -> None:
    found = learned(asked(evaluation, 1.0, 0.5, 0 * NOISE), baselines(), 5)
    assert (found.ahead_of(CHANCE), found.ahead_of_all, found.baseline) == (["imagenet"], ["imagenet"], "")
    assert "trivial baseline" in sentence(found) and "nan" not in sentence(found)


@pytest.mark.parametrize(
    ("first", "pixels", "is_marker"), [(0.99, 0.98, True), (0.98, 0.8, False), (0.985, 0.90, False), (0.9, 0.97, True)]
)
def test_a_nearly_perfect_thumbnail_is_a_warning(
    evaluation: Evaluation, first: float, pixels: float, is_marker: bool
) -> None:
    found = learned(asked(evaluation, first, first - 0.001), baselines(pixels=pixels), 5)
    assert found.is_marker == is_marker == ("pixels" in marker_warning(found))


def test_the_rows_are_written(evaluation: Evaluation) -> None:
    table = tables_of(evaluation)["comparisons"]
    rows = table[table["level"] == LEVEL]
    assert rows["a"].tolist() == ["imagenet", "random"] and set(rows["b"]) == {CHANCE}
    assert evaluation.learned
    assert rows["note"].str.split("; ").str[0].tolist() == [row.outcome for row in evaluation.learned.rows]
    assert rows["note"].iloc[0].startswith("higher") and rows["method"].str.contains("Holm").all()


def test_every_possible_convention_is_a_side(outcome: Callable[..., Path]) -> None:
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    like = {"signal": signal, "alternatives": {"radimagenet": "zero_one"}, "backbones": ("ResNet50",)}
    found = evaluate(outcome(**like)).learned
    assert found and set(found.weights) == {"radimagenet-radimagenet", "radimagenet-zero_one", "imagenet"}


def test_without_a_question_nothing_is_compared(outcome: Callable[..., Path]) -> None:
    assert evaluate(outcome(question=None, backbones=("ResNet50",))).learned is None


def test_chance_of_a_number_is_the_median_of_the_training_part(outcome: Callable[..., Path]) -> None:
    small = {"backbones": ("ResNet50",), "tunings": {"frozen": (0.01,)}, "probes": False, "num_patients": 60}
    folder = outcome(kind="regression", question={"over": "selected", "margin": 0.25}, **small)
    record = read_record(folder)
    predictions = read_predictions(folder / "predictions.csv", record.target)
    found = median_errors(record, predictions)
    truth = predictions.drop_duplicates("patient").set_index("patient")["truth"]
    parts = record.folds[record.folds["fold"] == 1].drop_duplicates("patient")
    median = truth[parts.loc[parts["part"] == "train", "patient"]].median()
    tested = truth[parts.loc[parts["part"] == "test", "patient"]]
    assert found[0, 1] == pytest.approx((tested - median).abs().mean())
    assert no_model_values(record, pd.DataFrame({MEDIAN: [1.0] * 5}), predictions).tolist() == [1.0] * 5
