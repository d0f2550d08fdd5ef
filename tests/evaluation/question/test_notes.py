from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.question.notes import notes

Outcome = Callable[..., Path]
Changed = Callable[..., Evaluation]


def text(evaluation: Evaluation) -> str:
    return "\n".join(evaluation.notes)


def test_counts_add_up(evaluation: Evaluation) -> None:
    parts, data = evaluation.parts, evaluation.record.data
    of_fold = parts.groupby(["repeat", "fold"])
    assert set(of_fold["images"].sum()) == {data.examples}
    assert set(of_fold["patients"].sum()) == {data.patients}
    assert set(of_fold["positives"].sum()) == {data.counts["present"].images}
    tested = parts[parts["part"] == "test"]
    assert tested["positive_patients"].sum() == data.counts["present"].patients
    assert (parts["negative_patients"] + parts["positive_patients"] == parts["patients"]).all()


def test_a_patient_with_both_labels_counts_in_both(outcome: Outcome) -> None:
    parts = evaluate(outcome(unit="image")).parts
    assert (parts["negative_patients"] + parts["positive_patients"]).sum() > parts["patients"].sum()


def test_tests_that_are_not_valid_are_refused_with_the_reason(evaluation: Evaluation) -> None:
    assert "Wilcoxon over 5 folds (its smallest possible two-sided p is 0.0625" in text(evaluation)
    assert "paired t over folds without correction" in text(evaluation)
    assert "Descriptive only: the p over the scenarios" in text(evaluation)
    assert "never used as a standard error" in text(evaluation)


def test_what_is_told_of_the_default_experiment(evaluation: Evaluation) -> None:
    stuck = int(evaluation.record.runs["converged"].isin([False]).sum())
    assert f"{stuck} of 100 runs had not converged" in text(evaluation)
    assert "top10 of InceptionV3 lets 192 parameters learn" in text(evaluation)
    assert "linear probe" in text(evaluation)
    for unfit in ("fewer than", "balanced", "pixel convention", "Per image"):
        assert unfit not in text(evaluation)


def test_few_patients_are_warned_of(outcome: Outcome) -> None:
    found = evaluate(outcome(num_patients=60, prevalence=0.3, backbones=("ResNet50",)))
    assert "5 of 5 test parts have fewer than 5 patients of a class" in text(found)
    assert "5 of 5 inner parts have fewer than 10 patients of a class" in text(found)
    assert "InceptionV3" not in text(found)


def test_foreign_conventions_are_named(outcome: Outcome) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), pixels=("native", "tf")))
    assert "Fed with another pixel convention than its own: imagenet ResNet50 (tf), random ResNet50 (tf)." in text(
        found
    )
    assert "secondary (level pixels" in text(found)


def test_uncertain_conventions_are_named_and_no_override(outcome: Outcome) -> None:
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    found = evaluate(outcome(signal=signal, alternatives={"radimagenet": "zero_one"}, backbones=("ResNet50",)))
    assert "is not public: radimagenet (radimagenet or zero_one)." in text(found)
    assert "Fed with another pixel convention" not in text(found)
    assert "is not public" not in text(evaluate(outcome("certain", signal=signal, backbones=("ResNet50",))))


def test_balanced_class_weights_and_own_warnings_are_passed_on(evaluation: Evaluation, changed: Changed) -> None:
    other = changed(evaluation, training={"class_weights": "balanced"}, warnings=("Watch out.",))
    found = notes(other.record, other.parts)
    assert found[0] == "Watch out."
    assert any("no probabilities before recalibration" in note for note in found)


@pytest.mark.parametrize("unit", ["patient", "image"])
def test_every_note_is_one_line(outcome: Outcome, unit: str) -> None:
    found = evaluate(outcome(unit=unit, num_patients=60, prevalence=0.3)).notes
    assert all(note and "\n" not in note for note in found)
    assert len(set(found)) == len(found)


def test_runs_that_diverged_or_say_nothing_are_counted(evaluation: Evaluation) -> None:
    runs = evaluation.record.runs.assign(diverged=False, constant=False)
    runs.loc[:2, "diverged"] = True
    runs.loc[:1, "constant"] = True
    found = "\n".join(notes(replace(evaluation.record, runs=runs), evaluation.parts))
    assert "3 of 100 runs diverged" in found
    assert "2 of 100 runs give every case of their test part the same score" in found
    assert "diverged" not in text(evaluation)
