"""Every p value of comparisons.csv is counted once, in its family."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.review.every_test import every_test_table
from radtl_tf.report.text.secondary_sentences import families


def test_the_tests_add_up_to_comparisons_csv(evaluation: Evaluation, finished: Path) -> None:
    written = pd.read_csv(finished / "comparisons.csv")["p_value"]
    rows = [row for row in every_test_table(evaluation).rows if row[-1] != "descriptive only"]
    assert sum(int(row[1]) for row in rows) == written.notna().sum()
    assert sum(int(row[2]) for row in rows) == (written < 0.05).sum()


def test_each_family_is_adjusted_and_the_question_is_not(evaluation: Evaluation) -> None:
    rows = {row[0]: row for row in every_test_table(evaluation).rows}
    assert rows["the question"][1:] == ("1", rows["the question"][2], "-", "not adjusted", "5 %")
    for name, number in families(evaluation).items():
        assert rows[name][1] == str(number) and rows[name][4] == "Holm 1979"
