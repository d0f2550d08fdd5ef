"""Tables of the classes agree with the evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.formatting import number
from radtl_tf.evaluation.metrics.auroc import class_auroc
from radtl_tf.report.pages.experiment import report_html
from radtl_tf.report.pages.sections import contents
from radtl_tf.report.topics.classes import class_comparisons_table, classes_table

CLASSES = ("caries", "cyst", "<impacted>")


@pytest.fixture(scope="module", params=["multiclass", "multilabel"])
def several(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, synthetic: object) -> Evaluation:
    like = synthetic.Synthetic(kind=request.param, classes=CLASSES, backbones=("ResNet50",), prevalence=0.3)  # type: ignore[attr-defined]
    return evaluate(synthetic.write_synthetic(tmp_path_factory.mktemp("classes") / "out", like))  # type: ignore[attr-defined]


def test_every_setting_has_a_cell_per_class(several: Evaluation) -> None:
    table = classes_table(several)
    assert table.columns[4:] == CLASSES
    assert len(table.rows) == len(several.record.settings)
    estimates = several.secondary.classes.estimates.set_index(["scenario", "metric"])["mean"]
    first = several.record.settings[0].name
    assert table.rows[0][4].startswith(number(estimates[first, class_auroc("caries")]))


def test_the_question_has_a_row_per_class(several: Evaluation) -> None:
    table = class_comparisons_table(several)
    assert [row[0] for row in table.rows] == list(CLASSES)
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_the_page_is_whole_and_escapes_names(several: Evaluation) -> None:
    page = report_html(several, contents(several))
    assert "3 classes" in page
    assert "&lt;impacted&gt;" in page and "<impacted>" not in page
    assert "positive class" not in page.split("How sure")[0]


def test_a_binary_task_has_neither(evaluation: Evaluation, outcome: Callable[..., Path]) -> None:
    assert classes_table(evaluation).rows == class_comparisons_table(evaluation).rows == ()
