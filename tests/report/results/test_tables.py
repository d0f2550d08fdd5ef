from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.records.experiment_facts import CheckFacts, FindingFacts
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.pages.sections import SECTIONS
from radtl_tf.report.results.tables import tables

Outcome = Callable[..., Path]
Changed = Callable[..., Evaluation]


@pytest.fixture
def by_key(evaluation: Evaluation) -> dict[str, Table]:
    return {table.key: table for table in tables(evaluation)}


def test_every_table_of_the_report(by_key: dict[str, Table]) -> None:
    assert [key for key, table in by_key.items() if table.section != "review"] == [
        *("settings", "comparisons", "learned", "choices", "probe", "published", "fitted"),
        *("secondary", "metric-comparisons", "unit", "recalibration", "reliability", "agreement"),
        *("selective", "decomposition", "scenarios"),
        *("scenario-comparisons", "weights", "data", "folds", "not-converged", "method"),
    ]
    for table in by_key.values():
        assert table.caption
        assert {len(row) for row in table.rows} == {len(table.columns)}
        assert all(isinstance(cell, str) for row in table.rows for cell in row)


def test_numbers_are_those_of_the_estimates(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    first = evaluation.estimates.iloc[0]
    row = dict(zip(by_key["settings"].columns, by_key["settings"].rows[0], strict=True))
    assert row["Weights"] == "imagenet"
    assert float(row["AUROC"]) == pytest.approx(first["mean"], abs=5e-4)
    assert row["95 % interval"] == f"{first['ci_low']:.3f} to {first['ci_high']:.3f}"
    assert len(by_key["settings"].rows) == 8
    assert len(by_key["scenarios"].rows) == 16 + 4


def test_the_question_leads_the_comparisons(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    row = dict(zip(by_key["comparisons"].columns, by_key["comparisons"].rows[0], strict=True))
    assert (row["Level"], row["A"], row["B"], row["Outcome"]) == ("question", "imagenet", "random", "better")
    assert row["A - B"] == f"{evaluation.comparisons['difference'][0]:+.3f}"
    assert len(by_key["comparisons"].rows) + len(by_key["scenario-comparisons"].rows) == len(evaluation.comparisons)


def test_the_published_style_is_task_by_weights(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    table = by_key["published"]
    assert table.columns == ("Task", "Pixels", "imagenet", "random", "p (descriptive)")
    mean, sd = evaluation.published.loc[0, ["mean", "sd"]]
    assert table.rows[0][2] == f"{mean:.3f} ± {sd:.3f} (8)"


def test_the_probe_stands_beside_the_head_of_the_same_features(
    by_key: dict[str, Table], evaluation: Evaluation
) -> None:
    estimates = evaluation.estimates.set_index("scenario")["mean"]
    for backbone, weights, pixels, probe, _, head, _ in by_key["probe"].rows:
        assert float(probe) == pytest.approx(estimates[f"{backbone}-{weights}-{pixels}-probe"], abs=5e-4)
        assert float(head) == pytest.approx(estimates[f"{backbone}-{weights}-{pixels}-frozen"], abs=5e-4)


def test_folds_show_images_patients_and_positives(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    part = evaluation.parts.query("repeat == 0 and fold == 2 and part == 'test'").iloc[0]
    assert by_key["folds"].rows[2][-1] == f"{part['images']} / {part['patients']} / {part['positives']}"


def test_weights_show_their_convention_and_a_short_hash(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    rows = by_key["weights"].rows
    assert rows[0][0:2] == ("imagenet", "ResNet50")
    assert rows[0][4] == (evaluation.record.facts.weights[0].sha256 or "")[:12]
    assert [row[4] for row in rows if row[0] == "random"] == ["", ""]


def test_tables_without_rows_are_left_out(outcome: Outcome) -> None:
    found = evaluate(outcome(question=None, backbones=("ResNet50",)))
    keys = [table.key for table in tables(found)]
    assert "comparisons" not in keys
    assert "choices" not in keys
    assert "settings" in keys


def test_no_patient_is_named(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    text = "\n".join(cell for table in by_key.values() for row in table.rows for cell in row)
    assert not any(patient in text for patient in evaluation.record.folds["patient"].unique())


def test_the_data_check_is_told_with_what_was_accepted(outcome: Outcome, changed: Changed) -> None:
    found = evaluate(outcome(backbones=("ResNet50",)))
    finding = FindingFacts(code="shortcut", level="warning", message="Size alone gives the label.")
    found = changed(found, check=CheckFacts(findings=(finding,), accepted=("shortcut",)))
    table = next(table for table in tables(found) if table.key == "check")
    assert table.rows == (("shortcut", "warning", "Size alone gives the label.", "yes"),)
    assert table.section == "data"


def test_each_table_is_in_its_topic(by_key: dict[str, Table]) -> None:
    topics: dict[str, set[str]] = {}
    for key, table in by_key.items():
        topics.setdefault(table.section, set()).add(key)
    assert set(topics) <= set(SECTIONS)
    assert topics["results"] == {"settings", "comparisons", "learned", "choices"} & set(by_key)
    assert topics["method"] == {"weights", "method"}
    assert topics["data"] == {"data", "folds"}
    assert topics["training"] == {"not-converged"}
    assert {"probe", "fitted"} <= topics["references"]
    assert {"recalibration", "reliability", "selective"} == topics["calibration"]
