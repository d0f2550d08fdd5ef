"""Checklists point to what a report holds, and claim nothing that it does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.guidelines import CAPTION, STATES, as_table, checklists, key_of
from radtl_tf.report.methods import sentences
from radtl_tf.report.outline import contents

Outcome = Callable[..., Path]
ROWS = (Path(__file__).parents[2] / "radtl_tf" / "report" / "guidelines.tsv").read_text(encoding="utf-8").splitlines()


def test_every_row_of_the_file_is_whole() -> None:
    rows = [line.split("\t") for line in ROWS]
    assert {len(row) for row in rows} == {6}
    assert {row[3] for row in rows[1:]} == set(STATES)
    assert len({(row[0], row[1], row[2]) for row in rows[1:]}) == len(rows) - 1
    for row in rows[1:]:
        assert row[3] != "drafted" or row[4] or row[5]
        assert row[3] != "not applicable" or row[5]
        assert row[3] != "author" or not row[5]


def test_items_have_no_numbers_of_the_forms() -> None:
    assert not any(re.match(r"(item )?\d", line.split("\t")[2], re.IGNORECASE) for line in ROWS)
    assert "without its numbers" in CAPTION


def test_every_sentence_and_place_that_is_named_exists(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",), pixels=("caffe", "tf"))
    found = contents(evaluate(folder))
    known = {*sentences(evaluate(folder)), "result"}
    assert {word[1:] for line in ROWS for word in line.split("\t")[5].split() if word.startswith("@")} <= known
    optional = {"check", "baselines", "layers", "not-converged"}
    named = {key for line in ROWS[1:] for key in line.split("\t")[4].split()}
    assert named - optional <= set(found.titles)


def test_three_guidelines_with_drafts(evaluation: Evaluation) -> None:
    lists = contents(evaluation).checklists
    assert list(lists) == ["CLAIM 2024", "TRIPOD+AI", "STARD-AI"]
    assert [key_of(name) for name in lists] == ["claim-2024", "tripod-ai", "stard-ai"]
    drafted = [item for item in lists["CLAIM 2024"] if item.state == STATES["drafted"]]
    assert len(drafted) > 20
    weights = next(item for item in drafted if item.topic == "Where parameters started from")
    assert evaluation.record.facts["weights"][0]["sha256"] in weights.draft
    assert weights.evidence == ("weights",)


def test_what_a_report_does_not_hold_is_the_authors() -> None:
    for items in checklists(dict.fromkeys(_sentences(), ""), set()).values():
        for item in items:
            assert item.evidence == ()
            assert item.draft or item.state == STATES["author"]


def _sentences() -> set[str]:
    return {word[1:] for line in ROWS for word in line.split("\t")[5].split() if word.startswith("@")}


def test_the_table_names_evidence_by_its_title(evaluation: Evaluation) -> None:
    found = contents(evaluation)
    table = as_table("STARD-AI", found.checklists["STARD-AI"], found.titles)
    row = next(row for row in table.rows if row[1] == "Flow diagram")
    assert row[2:4] == ("drafted: author must confirm", "Flow of patients and images")
    assert table.key == "stard-ai"


@pytest.mark.parametrize("word", ["shall", "should", "(eg", "e.g."])
def test_topics_are_short(word: str) -> None:
    topics = [line.split("\t")[2] for line in ROWS[1:]]
    assert not [topic for topic in topics if word in topic or len(topic) > 110]
