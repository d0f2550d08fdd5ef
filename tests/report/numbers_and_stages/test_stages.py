"""What the report of an ordinal task shows."""

from __future__ import annotations

import re

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.numbers_and_stages.stages import confusion_figure, stages_table
from radtl_tf.report.pages.experiment import report_markdown
from radtl_tf.report.pages.sections import contents


def test_stages_have_a_table_and_a_confusion_matrix(ordinal: Evaluation, regression: Evaluation) -> None:
    table, figure = stages_table(ordinal), confusion_figure(ordinal)
    assert figure and "predicted stage" in figure.svg
    names = ("Quadratic weighted kappa", "Accuracy of the stage", "Within one stage", "MAE in stages")
    assert table.columns[4:] == names
    assert len(table.rows) == len(ordinal.record.settings)
    cases = ordinal.secondary.cases
    own = cases[cases["scenario"] == ordinal.record.settings[0].name]
    assert f"{(own['truth'] == own['predicted']).sum()} of {len(own)} cases right" in figure.alt
    assert confusion_figure(regression) is None and stages_table(regression).rows == ()


def test_thresholds_take_the_place_of_classes(ordinal: Evaluation) -> None:
    found = contents(ordinal)
    tables = {table.key: table for table in found.tables}
    assert tables["classes"].title == "AUROC of each threshold"
    assert tables["classes"].columns[4:] == ("above CS1", "above CS2")
    assert {row[0] for row in tables["class-comparisons"].rows} == {"above CS1", "above CS2"}
    text = report_markdown(ordinal, found)
    assert "mean AUROC of the 2 thresholds" in text
    assert "from low to high, CS1, CS2 and CS3" in text
    assert re.findall(r"each against the rest|each class", text) == []
