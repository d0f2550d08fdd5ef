"""What a report says and leaves out when runs have failed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord, read_record
from radtl_tf.evaluation.results.missing_runs import without_failed
from radtl_tf.experiment.report import report_experiment
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.joined_predictions import write_joined
from radtl_tf.records.runs import runs_of
from radtl_tf.records.safety.failures import record_failures
from radtl_tf.report.pages.card import answer_lines

TUNED, FROZEN = "Tiny-mine-tf-topK2-0.01/0-1", "Tiny-mine-tf-frozen-0.1/0-2"


@pytest.fixture
def out(finished_once: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished_once / "out", tmp_path / "out", ignore=shutil.ignore_patterns("features", "data"))
    return tmp_path / "out"


def lose(out: Path, *names: str, failed: bool = True) -> ExperimentRecord:
    """Remove runs from an output folder, as if they had failed twice; return the record without them."""
    for name in names:
        shutil.rmtree(out / "runs" / name)
        for _ in range(2 * failed):
            record_failures(out, "unit", [name], "killed by signal 9", call="")
    folder = OutputFolder(out)
    facts = read_facts(folder.experiment)
    write_joined(folder, facts.target, runs_of(facts.experiment, facts.scenarios))
    return without_failed(read_record(out), out)


def test_without_failures_nothing_changes(out: Path) -> None:
    record = lose(out)
    assert record.missing.lines == () and record.complete_weights == ["mine", "random"]


def test_a_setting_with_a_failed_run_is_left_out_with_its_rates_and_its_probe(out: Path) -> None:
    record = lose(out, FROZEN)
    assert record.missing.scenarios == {
        "Tiny-mine-tf-frozen-0.1",
        "Tiny-mine-tf-frozen-0.01",
        "Tiny-mine-tf-probe",
    }
    assert record.complete_weights == ["random"] and record.question is None
    assert "mine" in record.missing.unanswered
    assert "1 of 24 runs failed" in record.missing.lines[1] and FROZEN in record.missing.lines[1]


def test_the_question_is_not_answered_and_the_report_says_so(out: Path) -> None:
    lose(out, TUNED)
    found = report_experiment(out)
    assert found.question is None and found.comparisons.empty
    assert found.alarms[0].startswith("The question is not answered") and TUNED in found.alarms[1]
    assert "Tiny-mine-tf-topK2" not in set(found.estimates["scenario"])
    assert {"Tiny-mine-tf-frozen", "Tiny-random-tf-topK2"} <= set(found.estimates["scenario"])
    assert any("not answered" in line for line in answer_lines(found))
    page = (out / "report.html").read_text()
    assert "1 of 24 runs failed and are missing" in page and "declares no question" not in page
    assert "not answered" in (out / "report.md").read_text()


def test_complete_settings_have_the_same_numbers(out: Path) -> None:
    whole = evaluate(out).estimates.set_index("scenario")["mean"]
    lose(out, TUNED)
    part = evaluate(out).estimates.set_index("scenario")["mean"]
    assert part.equals(whole[part.index])


def test_a_run_that_has_not_failed_is_still_to_come(out: Path) -> None:
    record = lose(out, TUNED, failed=False)
    assert record.missing.lines == ()
    with pytest.raises(DataError, match="Run the experiment again"):
        evaluate(out)


def test_nothing_complete_is_one_line(out: Path) -> None:
    names = [f"Tiny-{name}-tf-{how}/0-0" for name in ("mine", "random") for how in ("frozen-0.1", "topK2-0.01")]
    with pytest.raises(DataError, match="No setting is complete"):
        lose(out, *names)
