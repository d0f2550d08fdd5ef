"""The tables of comparisons say what p is adjusted over, and explain rows that seem to contradict the question."""

from __future__ import annotations

from dataclasses import replace

import pytest

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.results.comparison_tables import comparisons_table, scenario_comparisons_table
from radtl_tf.report.text.secondary_sentences import families, families_told


def test_rows_follow_their_level(evaluation: Evaluation) -> None:
    assert {row[0] for row in comparisons_table(evaluation).rows} == {"question", "setting", "grid"}
    assert {row[0] for row in scenario_comparisons_table(evaluation).rows} == {"scenario"}


def test_every_family_is_named_with_its_size_and_the_rate_follows(evaluation: Evaluation) -> None:
    found = families(evaluation)
    assert found["settings, scenarios and grid"] == 4 + 8 + 1
    assert min(found.values()) > 1  # no level is a family of one
    caption = comparisons_table(evaluation).caption
    assert all(f"{name} ({size})" in caption for name, size in found.items())
    assert f"at most {5 * (len(found) + 1)} %" in caption
    fewer = replace(evaluation, learned=None)
    assert f"at most {5 * len(found)} %" in families_told(fewer)


@pytest.mark.parametrize("outcome", ["undecided", "better"])
def test_the_same_series_as_question_and_as_scenario_is_explained(evaluation: Evaluation, outcome: str) -> None:
    table = evaluation.comparisons.copy()
    rows = table.index[table["level"] == "scenario"]
    table.loc[rows[0], "difference"] = table.loc[table["level"] == "question", "difference"].iloc[0]
    table.loc[rows[0], "outcome"] = outcome
    caption = scenario_comparisons_table(replace(evaluation, comparisons=table)).caption
    assert ("tested alone" in caption) == (outcome == "undecided")
