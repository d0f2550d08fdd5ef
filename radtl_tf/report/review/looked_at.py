"""What was looked at, left out, accepted or changed, apart from the tests."""

from __future__ import annotations

from collections.abc import Iterator

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import listed
from radtl_tf.records.experiment_facts import CheckFacts
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.review.separate_patients import SECTION


def looked_at_table(evaluation: Evaluation) -> Table:
    """Return what a reader would have to ask the authors for."""
    return Table(
        key="looked-at",
        title="What was looked at, left out, accepted or changed",
        caption="As recorded in this folder. Experiments in other folders, and images that were never in the table, "
        "are not known to the program: the authors have to report them.",
        columns=("What", "Here"),
        rows=(
            *_plan(evaluation),
            *_data(evaluation),
            *_runs(evaluation),
            *_changes(evaluation),
        ),
        section=SECTION,
    )


def _plan(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    record = evaluation.record
    since = record.facts.fixed_since
    yield "Question and runs fixed since", f"{since}, before the first finished run" if since else "not recorded"
    planned = len(record.scenarios) * record.num_test_parts
    yield "Runs that were planned", f"{planned}: {len(record.scenarios)} scenarios, {record.num_test_parts} test parts"
    rarest = evaluation.review.numbers.rarest
    if rarest:
        yield (
            "Expected width of a difference, as --dry-run prints it before the first run",
            f"+-{rarest.difference.half:.3f}",
        )


def _data(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    facts, data = evaluation.record.facts, evaluation.record.data
    check = facts.check or CheckFacts()
    yield "Rows left out because no label is known", str(data.unknown.left_out if data.unknown else 0)
    warned = [finding.code for finding in check.findings if finding.level == "warning"]
    yield "Warnings of the data check", listed(warned) or ("none" if facts.check else "the data were not checked")
    yield "Warnings that the user accepted", listed(list(check.accepted)) or "none"


def _runs(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    runs = evaluation.record.runs
    yield "Runs that finished", str(len(runs))
    for name, what in (("diverged", "Runs that diverged"), ("constant", "Runs with the same score for every case")):
        yield what, str(int(runs[name].sum()))
    yield "Runs that had not converged", str(int(runs["converged"].isin([False]).sum()))
    estimates = evaluation.secondary.estimates
    metrics = estimates["metric"].nunique() + 1
    yield "Metrics with an estimate in estimates.csv", str(metrics)
    groups = evaluation.secondary.subgroups.table["name"].drop_duplicates().tolist()
    yield "Subgroups that were looked at", listed(groups) or "none"


def _changes(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    changes = evaluation.record.facts.changes
    for change in changes:
        yield "Setting changed after the first finished run", f"{change.date}: {change.what}"
    if not changes:
        yield "Settings changed after the first finished run", "none recorded"
