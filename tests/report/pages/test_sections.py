"""The sections of a report and their order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.report.pages.sections import SECTIONS, Contents, figures

Outcome = Callable[..., Path]


def test_every_figure_has_words_and_a_place(drawn: Contents) -> None:
    found = drawn.figures
    assert [figure.key for figure in found] == [
        *("forest", "pairs", "roc", "precision-recall", "calibration", "risk-coverage", "heatmap", "courses", "flow")
    ]
    for figure in found:
        assert figure.section in SECTIONS
        assert figure.caption and figure.alt and figure.title
        assert figure.svg.startswith("<svg ") and figure.svg.endswith("</svg>")


@pytest.mark.slow
def test_the_ablation_has_its_figure(outcome: Outcome) -> None:
    found = figures(evaluate(outcome(backbones=("ResNet50",), pixels=("caffe", "tf"))))
    assert "conventions" in [figure.key for figure in found]


def test_no_anchor_is_used_twice(drawn: Contents) -> None:
    keys = [shown.key for shown in (*drawn.figures, *drawn.tables, *drawn.checklist_tables())]
    assert len(set(keys)) == len(keys)
    assert not {"answer", "notes", "methods", "cite", "guidelines", "main"} & set(keys)
    assert {table.section for table in drawn.tables} <= set(SECTIONS)
