"""Numbers of patients here and wanted, and the patients that +-0.05 needs."""

from __future__ import annotations

from dataclasses import replace

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.review.case_numbers import case_numbers_table


def test_counts_and_needed_patients(evaluation: Evaluation) -> None:
    rows = {row[0]: row[1:] for row in case_numbers_table(evaluation).rows}
    rarest = evaluation.review.numbers.rarest
    assert rarest
    assert rows["Patients, present"][:2] == ("96", "at least 100")
    fixed = next(
        row for row in case_numbers_table(evaluation).rows if "Newcombe" in row[-1] and "all patients" in row[0]
    )
    assert fixed[3].startswith(f"{rarest.fixed[0].needed:,}, ")
    assert "imagenet minus random" in case_numbers_table(evaluation).rows[-1][0]


def test_a_task_without_classes_says_so(evaluation: Evaluation) -> None:
    numbers = replace(evaluation.review.numbers, rarest=None)
    table = case_numbers_table(replace(evaluation, review=replace(evaluation.review, numbers=numbers)))
    assert len(table.rows) == 1 and "only the observed width" in table.caption
