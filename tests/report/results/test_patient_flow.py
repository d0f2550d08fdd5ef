"""The flow of patients and images shows the counts of the data and of the parts."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.results.patient_flow import flow_figure

Outcome = Callable[..., Path]
Changed = Callable[..., Evaluation]


def text(evaluation: Evaluation) -> str:
    elements = ElementTree.fromstring(flow_figure(evaluation).svg).iter("text")
    return " ".join("".join(element.itertext()).strip() for element in elements)


def test_the_boxes_hold_the_counts(evaluation: Evaluation) -> None:
    data, shown = evaluation.record.data, text(evaluation)
    assert f"Manifest: {data.examples} images of {data.patients} patients" in shown
    assert f"Analyzed: {data.examples} images of {data.patients} patients" in shown
    for name, count in data.counts.items():
        assert f"{name}: {count.images} images of {count.patients} patients" in shown
    assert ": 0 images" in shown
    assert "5 folds, once" in shown


def test_parts_have_the_fewest_and_the_most_over_the_folds(evaluation: Evaluation) -> None:
    test = evaluation.parts.query("part == 'test'")
    expected = f"{test['images'].min()} to {test['images'].max()} images"
    assert expected in text(evaluation)
    assert expected in flow_figure(evaluation).alt


def test_a_data_set_and_repeats_are_named(outcome: Outcome, changed: Changed) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), num_repeats=2))
    shown = text(changed(found, task={"dataset": "adld"}))
    assert "Data set adld: " in shown
    assert "5 folds, 2 times" in shown


def test_long_names_are_broken_not_cut(outcome: Outcome) -> None:
    name = "a class with a rather long name that no box can hold in one line, however wide it may be drawn here"
    assert name in text(evaluate(outcome(backbones=("ResNet50",), classes=("no", name))))
