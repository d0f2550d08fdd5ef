"""Checklists refer only to contents of the report."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.pages.sections import Contents, contents
from radtl_tf.report.saliency.section import read_saliency
from radtl_tf.report.text.guidelines import STATES, Item, as_table, checklists, key_of
from radtl_tf.report.text.methods import sentences
from radtl_tf.report.text.secondary_sentences import checklist_sentences

Outcome = Callable[..., Path]
TEXT = Path(__file__).parents[3] / "radtl_tf" / "report" / "text"
ROWS = (TEXT / "guidelines.tsv").read_text(encoding="utf-8").splitlines()


def test_every_row_of_the_file_is_whole() -> None:
    rows = [line.split("\t") for line in ROWS]
    assert {len(row) for row in rows} == {7}
    assert {row[3] for row in rows[1:]} == set(STATES)
    assert len({(row[0], row[1], row[2]) for row in rows[1:]}) == len(rows) - 1
    for row in rows[1:]:
        assert row[3] != "drafted" or row[4] or row[5]
        assert row[3] != "not applicable" or row[5]
        assert row[3] != "author" or not row[5]
        assert not row[6] or (row[3] == "drafted" and "!" in row[4])


def test_items_have_no_numbers_of_the_forms() -> None:
    assert not any(re.match(r"(item )?\d", line.split("\t")[2], re.IGNORECASE) for line in ROWS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, maps: ModuleType, synthetic: ModuleType) -> Contents:
    """All that a report can hold, except what the data check, baselines, shares and fine-tuning add."""
    asked = {"operating_points": ["youden"], "subgroups": ["sex"]}
    like = {"pixels": ("caffe", "tf"), "num_patients": 400, "evaluation": asked, "backbones": ("ResNet50",)}
    folder = synthetic.write_synthetic(tmp_path_factory.mktemp("whole"), synthetic.Synthetic(**like))
    examples = pd.read_csv(folder / "folds.csv")["example"].drop_duplicates()
    lines = [f"{example},{'FM'[example % 2]}\n" for example in examples]
    (folder / "metadata.csv").write_text("".join(["example,sex\n", *lines]))
    return contents(evaluate(folder), read_saliency(maps.store(folder)))


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory, synthetic: ModuleType) -> Contents:
    """The contents of the report of a small experiment without a question."""
    like = synthetic.Synthetic(backbones=("ResNet50",), num_patients=80, question=None)
    return contents(evaluate(synthetic.write_synthetic(tmp_path_factory.mktemp("few"), like)))


def test_every_sentence_and_place_that_is_named_exists(evaluation: Evaluation, whole: Contents) -> None:
    known = {*sentences(evaluation), *checklist_sentences(evaluation), "result", "saliency", "missing"}
    words = [word for line in ROWS[1:] for column in line.split("\t")[5:] for word in column.split()]
    assert {word[1:] for word in words if word.startswith("@")} <= known
    optional = {"check", "baselines", "layers", "not-converged", "learning-curve"}
    named = {key.rstrip("!") for line in ROWS[1:] for key in line.split("\t")[4].split()}
    assert named - optional <= set(whole.titles)


def test_three_guidelines_with_drafts(evaluation: Evaluation, drawn: Contents) -> None:
    lists = drawn.checklists
    assert list(lists) == ["CLAIM 2024", "TRIPOD+AI", "STARD-AI"]
    assert [key_of(name) for name in lists] == ["claim-2024", "tripod-ai", "stard-ai"]
    drafted = [item for item in lists["CLAIM 2024"] if item.state == STATES["drafted"]]
    assert len(drafted) > 20
    weights = next(item for item in drafted if item.evidence == ("weights",))
    assert (evaluation.record.facts.weights[0].sha256 or "") in weights.draft


def test_what_a_report_does_not_hold_is_the_authors() -> None:
    for items in checklists(dict.fromkeys(_sentences(), ""), set()).values():
        for item in items:
            assert item.evidence == ()
            assert item.draft or item.state == STATES["author"]


def _sentences() -> set[str]:
    return {word[1:] for line in ROWS for word in line.split("\t")[5].split() if word.startswith("@")}


def test_the_table_names_evidence_by_its_title(drawn: Contents) -> None:
    table = as_table("STARD-AI", drawn.checklists["STARD-AI"], drawn.titles)
    row = next(row for row in table.rows if row[1] == "Flow diagram")
    assert row[2:4] == (STATES["drafted"], drawn.titles["flow"])
    assert table.key == "stard-ai"


@pytest.mark.parametrize("word", ["shall", "should", "(eg", "e.g."])
def test_topics_are_short(word: str) -> None:
    topics = [line.split("\t")[2] for line in ROWS[1:]]
    assert not [topic for topic in topics if word in topic or len(topic) > 110]


def item(found: Contents, guideline: str, topic: str) -> Item:
    (only,) = (item for item in found.checklists[guideline] if item.topic.startswith(topic))
    return only


@pytest.mark.parametrize(
    ("guideline", "topic", "evidence"),
    [
        ("CLAIM 2024", "Demographic and clinical characteristics", "demographics"),
        ("CLAIM 2024", "Explainability", "saliency"),
        ("CLAIM 2024", "Failures", "saliency"),
        ("TRIPOD+AI", "Characteristics of participants", "demographics"),
        ("TRIPOD+AI", "Methods to address fairness", "subgroups"),
        ("STARD-AI", "Algorithmic bias and fairness", "subgroups"),
        ("STARD-AI", "Demographic and clinical characteristics", "demographics"),
        ("STARD-AI", "Failures and errors", "saliency"),
        ("STARD-AI", "Index test against reference standard", "operating-points"),
    ],
)
def test_an_item_is_drafted_where_its_evidence_is_and_the_authors_elsewhere(
    whole: Contents, drawn: Contents, guideline: str, topic: str, evidence: str
) -> None:
    there, absent = item(whole, guideline, topic), item(drawn, guideline, topic)
    assert there.state == STATES["drafted"]
    assert there.evidence[0] == evidence
    assert (absent.state, absent.draft) == (STATES["author"], "")


@pytest.mark.parametrize(
    ("guideline", "topic", "evidence"),
    [
        ("CLAIM 2024", "Combination of models", "agreement"),
        ("TRIPOD+AI", "Model updating or recalibration", "recalibration"),
        ("TRIPOD+AI", "Results of model updating", "recalibration"),
    ],
)
def test_what_is_not_done_is_denied_and_what_is_shown_is_not(
    whole: Contents, few: Contents, guideline: str, topic: str, evidence: str
) -> None:
    there = item(whole, guideline, topic)
    assert there.state == STATES["drafted"] and there.evidence == (evidence,)
    absent = item(few, guideline, topic)
    assert absent.state == "not applicable" and absent.draft
    assert absent.draft not in str(whole.checklists)


# Items whose fixed drafts deny something that no table of a report contradicts; each was reviewed.
NEVER_CONTRADICTED = {
    ("CLAIM 2024", "Missing data and how they were handled"),
    ("CLAIM 2024", "Test on external data"),
    ("TRIPOD+AI", "Choice of predictors before modelling"),
    ("TRIPOD+AI", "Assessors of predictors, where a person judged them"),
    ("TRIPOD+AI", "Missing data"),
    ("TRIPOD+AI", "Output of the model (probability, class) and thresholds"),
    ("TRIPOD+AI", "Handling of poor or unavailable input in use"),
    ("STARD-AI", "Thresholds and how they were set beforehand"),
    ("STARD-AI", "Indeterminate results of index test or reference standard"),
    ("STARD-AI", "Missing data of index test and reference standard"),
    ("STARD-AI", "Harm of index test or reference standard"),
}


def test_a_draft_that_denies_something_was_looked_at() -> None:
    for line in ROWS[1:]:
        fixed = " ".join(word for word in line.split("\t")[5].split() if not word.startswith("@"))
        if re.search(r"\b(no|none|nothing|never|not|without)\b", fixed, re.IGNORECASE):
            assert (line.split("\t")[0], line.split("\t")[2]) in NEVER_CONTRADICTED
