"""Tables of data and method show what the experiment recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.records.experiment_facts import CheckFacts, FindingFacts
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.results.method_tables import check_table

Outcome = Callable[..., Path]
Changed = Callable[..., Evaluation]


def test_folds_show_images_patients_and_positives(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    part = evaluation.parts.query("repeat == 0 and fold == 2 and part == 'test'").iloc[0]
    assert by_key["folds"].rows[2][-1] == f"{part['images']} / {part['patients']} / {part['positives']}"


def test_weights_show_their_convention_and_a_short_hash(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    rows = by_key["weights"].rows
    assert rows[0][0:2] == ("imagenet", "ResNet50")
    assert rows[0][4] == (evaluation.record.facts.weights[0].sha256 or "")[:12]
    assert [row[4] for row in rows if row[0] == "random"] == ["", ""]


def test_the_data_check_is_told_with_what_was_accepted(outcome: Outcome, changed: Changed) -> None:
    found = evaluate(outcome(backbones=("ResNet50",)))
    finding = FindingFacts(code="shortcut", level="warning", message="Size alone gives the label.")
    found = changed(found, check=CheckFacts(findings=(finding,), accepted=("shortcut",)))
    table = check_table(found)
    assert table.rows == (("shortcut", "warning", "Size alone gives the label.", "yes"),)
    assert table.section == "data"
