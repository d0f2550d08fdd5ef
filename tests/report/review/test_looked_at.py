"""What was left out, accepted or changed is listed, also if it is nothing."""

from __future__ import annotations

from collections.abc import Callable

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.experiment_facts import ChangeFacts, CheckFacts, FindingFacts
from radtl_tf.report.review.looked_at import looked_at_table


def test_planned_and_finished_runs(evaluation: Evaluation) -> None:
    rows = dict(looked_at_table(evaluation).rows)
    assert rows["Runs that were planned"].startswith(f"{len(evaluation.record.runs)}: ")
    assert rows["Runs that finished"] == str(len(evaluation.record.runs))
    assert rows["Warnings of the data check"] == "the data were not checked"


def test_accepted_warnings_and_changed_settings(evaluation: Evaluation, changed: Callable[..., Evaluation]) -> None:
    warning = FindingFacts(code="marker", level="warning", message="Look.")
    found = changed(
        evaluation,
        check=CheckFacts(findings=(warning,), accepted=("marker",)),
        changes=(ChangeFacts(date="2026-01-02", what="evaluation.subgroups: [] -> ['sex']"),),
    )
    rows = dict(looked_at_table(found).rows)
    assert rows["Warnings that the user accepted"] == rows["Warnings of the data check"] == "marker"
    assert rows["Setting changed after the first finished run"].startswith("2026-01-02: evaluation.subgroups")
