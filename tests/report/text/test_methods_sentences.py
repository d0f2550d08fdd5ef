"""Every sentence of the Methods text agrees with the experiment."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.models.backbones import BACKBONES
from radtl_tf.records.experiment import TuningAxis
from radtl_tf.records.experiment_facts import CheckFacts, FindingFacts, UnknownFacts
from radtl_tf.records.runs import TRANSFORMERS
from radtl_tf.report.text.guidelines import checklists
from radtl_tf.report.text.methods import sentences
from radtl_tf.report.text.methods_sentences import MADE, missing_data
from radtl_tf.report.text.secondary_sentences import checklist_sentences

Outcome = Callable[..., Path]
Changed = Callable[..., Evaluation]


def said(evaluation: Evaluation, key: str) -> str:
    return " ".join(MADE[key](evaluation))


def test_data_and_unit(evaluation: Evaluation, outcome: Outcome) -> None:
    data = evaluation.record.data
    assert re.match(rf"{data.examples} \w+ of {data.patients} patients", said(evaluation, "data"))
    assert "case was one patient" in said(evaluation, "data")
    assert "both classes" not in said(evaluation, "data")
    images = evaluate(outcome(unit="image", backbones=("ResNet50",)))
    assert "case was one image" in said(images, "data")
    assert re.search(r"\d+ patients .*both classes", said(images, "data"))
    assert re.findall("'[^']+'", said(images, "label")) == ["'label'", "'present'"]


def test_half_precision_is_named_and_explained(evaluation: Evaluation) -> None:
    facts = evaluation.record.facts
    half = replace(facts, hardware={**facts.hardware, "precision": "mixed_bfloat16"})
    other = replace(evaluation, record=replace(evaluation.record, facts=half))
    assert "precision: float32" in said(evaluation, "training") and "half" not in said(evaluation, "training")
    assert "precision: mixed_bfloat16" in said(other, "training") and "half precision" in said(other, "training")


def test_the_data_check_is_told_only_where_it_ran(evaluation: Evaluation, changed: Changed) -> None:
    assert said(evaluation, "checks") == ""
    found = (
        FindingFacts(code="shortcut", level="warning", message="Look out."),
        FindingFacts(code="unit", level="info", message="Fine."),
    )
    checked = changed(evaluation, check=CheckFacts(findings=found))
    assert said(checked, "checks").endswith(": Look out.")  # and not "Fine."


def test_weights_have_their_whole_hash(evaluation: Evaluation) -> None:
    text = said(evaluation, "weights")
    for entry in evaluation.record.facts.weights:
        assert (entry.sha256 or f"random {entry.backbone}") in text
        assert f"{entry.pixels} pixels" in text


def test_vectors_that_were_made_elsewhere_have_a_file_and_no_network(evaluation: Evaluation) -> None:
    facts = evaluation.record.facts
    weights = tuple(replace(used, backbone="embeddings", pixels="none") for used in facts.weights)
    grid = replace(facts.experiment.grid, backbones=())
    brought = replace(facts, weights=weights, experiment=replace(facts.experiment, grid=grid))
    text = " ".join(said(replace(evaluation, record=replace(evaluation.record, facts=brought)), key) for key in MADE)
    assert "Convolutional" not in text and "fed with" not in text
    assert all(used.sha256 in text for used in facts.weights if used.sha256)


def test_training_follows_the_settings(outcome: Outcome, changed: Changed) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), head_input="raw"))
    plain = said(found, "training")
    assert "30 epochs" in plain and "balanced" not in plain
    raw = said(found, "model")
    training = {"patience": 5, "augmentation": "published", "views": 3, "resize": "stretch"}
    found = changed(found, training={**training, "class_weights": "balanced"})
    assert re.search(r"\b5 epochs .*balanced", said(found, "training"))
    assert raw != said(changed(found, training={"head_input": "standardized"}), "model")
    assert re.search(r"published, 3 views", said(found, "preprocessing"))
    assert "stretched" in said(found, "preprocessing")
    assert re.search(r"top10: .*\b0\.001 and 0\.0001\b", said(found, "rates"))
    found = changed(found, grid={"tunings": (TuningAxis(mode="topK", layers=7, learning_rates=(0.1,)),)})
    assert re.fullmatch(r"\w+ topK7: [a-z ]+ 7 [a-z ]+; [a-z ]+ 0\.1\.", said(found, "rates"))


def test_a_vision_transformer_has_its_own_pooling(outcome: Outcome) -> None:
    found = said(evaluate(outcome(backbones=("ResNet50", "DINOv2Base"))), "model")
    assert re.search(r"ResNet50\) .*average pooling.*class token .*DINOv2Base\)", found)
    found = said(evaluate(outcome("poolings", backbones=("DINOv2Base", "DINOv2BaseMean", "DINOv2SmallBoth"))), "model")
    for pooled in (r"class token of vision transformers \(DINOv2Base\)", r"mean of the patch tokens .*DINOv2BaseMean"):
        assert re.search(pooled, found)
    assert all(name.startswith(TRANSFORMERS) == bool(row.transformer) for name, row in BACKBONES.items())


def test_shares_of_the_training_patients_are_told_where_the_grid_has_them(
    outcome: Outcome, evaluation: Evaluation
) -> None:
    assert said(evaluation, "shares") == ""
    found = evaluate(outcome(shares=(0.25, 0.5, 1.0), backbones=("ResNet50",)))
    assert "25 % and 50 %" in said(found, "shares")


def test_partition_and_choice(outcome: Outcome) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), num_repeats=2))
    assert re.search(r"\b5 folds, .*\b2 times", said(found, "partition"))
    assert found.record.facts.folds_sha256 in said(found, "partition")
    assert "20 %" in said(found, "inner")
    stuck = int(found.record.runs["converged"].isin([False]).sum())
    assert f"{stuck} of {len(found.record.runs)} runs" in said(found, "selection")
    assert f"1 of {len(found.record.runs)} runs" not in said(found, "selection")
    found.record.runs.loc[0, "fixed_epochs"] = True
    assert f" 1 of {len(found.record.runs)} runs" in said(found, "selection")


def test_what_stands_beside_the_grid_is_told_only_where_it_is_there(outcome: Outcome, evaluation: Evaluation) -> None:
    assert "linear probe" in said(evaluation, "probe")
    assert said(evaluate(outcome(probes=False, backbones=("ResNet50",))), "probe") == ""


@pytest.mark.parametrize("repeats", [1, 3])
def test_random_weights_with_one_repeat_are_one_draw(outcome: Callable[..., Path], repeats: int) -> None:
    said = sentences(evaluate(outcome(backbones=("ResNet50",), num_repeats=repeats)))["weights"]
    assert ("one random draw" in said) == (repeats == 1)


def test_equal_steps_are_said_only_of_runs_that_recorded_them(outcome: Callable[..., Path]) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), shares=(1.0, 0.5)))
    runs, record = found.record.runs, found.record
    assert "steps" not in sentences(found)["shares"]  # as in folders of earlier versions
    for images, is_said in ((150, True), (runs["train_patients"], False)):
        told = replace(found, record=replace(record, runs=runs.assign(images_per_epoch=images)))
        assert ("steps" in sentences(told)["shares"]) == is_said


GAPS = UnknownFacts(missing={"nodule": 7}, left_out=2)


@pytest.mark.parametrize(
    ("missing", "unknown", "said", "not_said"),
    [
        ("refuse", None, "without a label or a patient id; nothing was imputed", "Every label"),
        ("no", None, "Every label was known", "without a label"),
        ("no", GAPS, "imputed as absent", "nothing was imputed"),
        ("ignore", GAPS, "ignored", "imputed"),
    ],
)
def test_all_checklists_follow_the_policy_for_missing_labels(
    evaluation: Evaluation,
    changed: Callable[..., Evaluation],
    missing: str,
    unknown: UnknownFacts | None,
    said: str,
    not_said: str,
) -> None:
    found = changed(evaluation, task={"missing": missing}, data={"unknown": unknown})
    said_all = (
        sentences(found) | checklist_sentences(found) | {"result": "", "saliency": "", "missing": missing_data(found)}
    )
    drafts = [
        item.draft for items in checklists(said_all, ()).values() for item in items if "issing data" in item.topic
    ]
    assert len(drafts) == 3
    assert all(said in draft and not_said not in draft for draft in drafts)
    assert all((" 2 rows" in draft) == (unknown is not None) for draft in drafts)
