from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.pages.sections import SECTIONS
from radtl_tf.report.results.tables import tables

Outcome = Callable[..., Path]
Changed = Callable[..., Evaluation]


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


def test_the_question_leads_the_comparisons(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    row = dict(zip(by_key["comparisons"].columns, by_key["comparisons"].rows[0], strict=True))
    assert (row["Level"], row["A"], row["B"], row["Outcome"]) == ("question", "imagenet", "random", "better")
    assert row["A - B"] == f"{evaluation.comparisons['difference'][0]:+.3f}"
    assert len(by_key["comparisons"].rows) + len(by_key["scenario-comparisons"].rows) == len(evaluation.comparisons)


def test_tables_without_rows_are_left_out(outcome: Outcome) -> None:
    found = evaluate(outcome(question=None, backbones=("ResNet50",)))
    keys = [table.key for table in tables(found)]
    assert "comparisons" not in keys
    assert "choices" not in keys
    assert "settings" in keys


def test_no_patient_is_named(by_key: dict[str, Table], evaluation: Evaluation) -> None:
    text = "\n".join(cell for table in by_key.values() for row in table.rows for cell in row)
    assert not any(patient in text for patient in evaluation.record.folds["patient"].unique())


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
