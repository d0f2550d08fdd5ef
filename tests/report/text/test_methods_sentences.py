"""Every sentence on how an experiment was made is true of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.records.experiment import TuningAxis
from radtl_tf.records.experiment_facts import CheckFacts, FindingFacts
from radtl_tf.report.text.methods_sentences import MADE

Outcome = Callable[..., Path]
Changed = Callable[..., Evaluation]


def said(evaluation: Evaluation, key: str) -> str:
    return " ".join(MADE[key](evaluation))


def test_data_and_unit(evaluation: Evaluation, outcome: Outcome) -> None:
    data = evaluation.record.data
    assert said(evaluation, "data").startswith(f"{data.examples} radiographs of {data.patients} patients were")
    assert "One case was one patient, with the mean score" in said(evaluation, "data")
    assert "both classes" not in said(evaluation, "data")
    images = evaluate(outcome(unit="image", backbones=("ResNet50",)))
    assert "One case was one image." in said(images, "data")
    assert "patients have images of both classes." in said(images, "data")
    assert said(images, "label") == (
        "The reference standard was the column 'label', taken as given; the positive class was 'present'."
    )


def test_the_data_check_is_told_only_where_it_ran(evaluation: Evaluation, changed: Changed) -> None:
    assert said(evaluation, "checks") == ""
    found = (
        FindingFacts(code="shortcut", level="warning", message="Look out."),
        FindingFacts(code="unit", level="info", message="Fine."),
    )
    checked = changed(evaluation, check=CheckFacts(findings=found))
    assert said(checked, "checks").endswith("The check warned: Look out.")


def test_weights_have_their_whole_hash(evaluation: Evaluation) -> None:
    text = said(evaluation, "weights")
    for entry in evaluation.record.facts.weights:
        assert (entry.sha256 or f"random {entry.backbone}, drawn anew in each repeat") in text
        assert f"fed with {entry.pixels} pixels" in text


def test_training_follows_the_settings(outcome: Outcome, changed: Changed) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), head_input="raw"))
    assert "for at most 30 epochs, without early stopping" in said(found, "training")
    assert "as they came (the published head)" in said(found, "model")
    training = {"patience": 5, "augmentation": "published", "views": 3, "resize": "stretch"}
    found = changed(found, training={**training, "class_weights": "balanced"})
    assert "stopped after 5 epochs without a lower inner loss; class weights: balanced" in said(found, "training")
    assert "Augmentation: published, 3 views per image." in said(found, "preprocessing")
    assert "stretched, bilinear" in said(found, "preprocessing")
    assert "Tuning top10: the last ten entries" in said(found, "rates")
    assert "learning rates 0.001 and 0.0001." in said(found, "rates")
    found = changed(found, grid={"tunings": (TuningAxis(mode="topK", layers=7, learning_rates=(0.1,)),)})
    assert (
        said(found, "rates")
        == "Tuning topK7: the last 7 layers that have weights learned with the head; learning rates 0.1."
    )


def test_shares_of_the_training_patients_are_told_where_the_grid_has_them(
    outcome: Outcome, evaluation: Evaluation
) -> None:
    assert said(evaluation, "shares") == ""
    found = evaluate(outcome(shares=(0.25, 0.5, 1.0), backbones=("ResNet50",)))
    assert "trained with 25 % and 50 % of the training patients, too." in said(found, "shares")


def test_partition_and_choice(outcome: Outcome) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), num_repeats=2))
    assert "into 5 folds, stratified by class, 2 times with new seeds;" in said(found, "partition")
    assert found.record.facts.folds_sha256 in said(found, "partition")
    assert said(found, "inner").startswith("Of the training patients of each fold 20 % were kept")
    stuck = int(found.record.runs["converged"].isin([False]).sum())
    assert f"{stuck} of {len(found.record.runs)} runs had not converged" in said(found, "selection")
    assert "too small to choose" not in said(found, "selection")
    found.record.runs.loc[0, "fixed_epochs"] = True
    assert f"In 1 of {len(found.record.runs)} runs the inner part was too small" in said(found, "selection")


def test_what_stands_beside_the_grid_is_told_only_where_it_is_there(outcome: Outcome, evaluation: Evaluation) -> None:
    assert "linear probe" in said(evaluation, "probe")
    assert said(evaluate(outcome(probes=False, backbones=("ResNet50",))), "probe") == ""
