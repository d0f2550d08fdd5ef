"""The tables of subgroups have the numbers of the evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.results.tables import tables
from radtl_tf.report.topics.subgroups import demographics_table, subgroups_table


def test_rows_are_subgroups_and_parts(outcome: Callable[..., Path]) -> None:
    folder = outcome(backbones=("ResNet50",), num_patients=400, evaluation={"subgroups": ["sex", "body_part"]})
    examples = pd.read_csv(folder / "folds.csv")["example"].drop_duplicates()
    lines = [f"{example},{'FM'[example % 2]},{'CHEST' if example else ''}\n" for example in examples]
    (folder / "metadata.csv").write_text("".join(["example,sex,body_part\n", *lines]))
    found = evaluate(folder)
    by_key = {table.key: table for table in tables(found)}
    rows = by_key["subgroups"].rows
    assert [row[:2] for row in rows] == [
        *(("sex", "F"), ("sex", "M")),
        *(("body_part", "CHEST"), ("body_part", "unknown")),
    ]
    first = found.secondary.subgroups.table.iloc[0]
    assert rows[0][7] == f"{first['auroc_a']:.3f} ({first['a_low']:.3f} to {first['a_high']:.3f})"
    assert rows[0][8] == f"{first['auroc_b']:.3f} ({first['b_low']:.3f} to {first['b_high']:.3f})"
    assert rows[0][9:11] == (f"{first['difference']:+.3f}", f"{first['ci_low']:.3f} to {first['ci_high']:.3f}")
    assert rows[3][7:11] == ("-", "-", "-", "-")
    assert "5 of 5" in rows[3][11]
    demographics = by_key["demographics"]
    assert demographics.columns == ("Repeat", "Fold", "Part", "Sex", "Body part")
    assert len(demographics.rows) == 5 * 3


def test_unasked_there_is_no_row(evaluation: Evaluation) -> None:
    assert subgroups_table(evaluation).rows == demographics_table(evaluation).rows == ()
