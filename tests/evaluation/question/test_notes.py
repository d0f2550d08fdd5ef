from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.question.notes import alarms, notes

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
    assert re.search(r"Wilcoxon .*\b5 folds\b.*\b0\.0625\b", text(evaluation))
    assert re.search(r"paired t .*correction", text(evaluation))
    assert re.search(r"escriptive.* scenarios", text(evaluation))
    assert "standard error" in text(evaluation)


def test_what_is_told_of_the_default_experiment(evaluation: Evaluation) -> None:
    stuck = int(evaluation.record.runs["converged"].isin([False]).sum())
    assert f"{stuck} of 100 runs" in text(evaluation)
    assert re.search(r"top10 of InceptionV3 .*\b192\b", text(evaluation))
    assert "linear probe" in text(evaluation)
    for unfit in ("fewer than", "balanced", "pixel convention", "several images"):
        assert unfit not in text(evaluation)


def test_few_patients_are_warned_of(outcome: Outcome) -> None:
    found = evaluate(outcome(num_patients=60, prevalence=0.3, backbones=("ResNet50",)))
    assert re.search(r"5 of 5 test parts .*fewer than 5\b", text(found))
    assert re.search(r"5 of 5 inner parts .*fewer than 10\b", text(found))
    assert "InceptionV3" not in text(found)


def test_foreign_conventions_are_named(outcome: Outcome) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), pixels=("native", "tf")))
    assert ": imagenet ResNet50 (tf), random ResNet50 (tf)." in text(found)
    assert "level pixels" in text(found)


def test_uncertain_conventions_are_named_and_no_override(outcome: Outcome) -> None:
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    found = evaluate(outcome(signal=signal, alternatives={"radimagenet": "zero_one"}, backbones=("ResNet50",)))
    assert ": radimagenet (radimagenet or zero_one)." in text(found)
    assert "ResNet50 (" not in text(found)
    assert " or zero_one" not in text(evaluate(outcome("certain", signal=signal, backbones=("ResNet50",))))


def test_balanced_class_weights_and_own_warnings_are_passed_on(evaluation: Evaluation, changed: Changed) -> None:
    other = changed(evaluation, training={"class_weights": "balanced"}, warnings=("Watch out.",))
    found = notes(other.record, other.parts)
    assert found[0] == "Watch out."
    assert any("balanced" in note for note in found)


def test_a_column_that_no_network_sees_is_the_last_alarm(evaluation: Evaluation) -> None:
    warnings = ("Data check, label-in-column: 'x'.", "Data check, shortcut: 0.7.")
    facts = replace(evaluation.record.facts, warnings=warnings)
    found = alarms(replace(evaluation.record, facts=facts), evaluation.parts)
    assert found[0] == warnings[1]
    assert found[-1] == warnings[0]


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
    assert "2 of 100 runs" in found
    assert "diverged" not in text(evaluation)
