"""Figures with several panels show the question's settings, and distinguish two conventions of the same weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.results.experiment_record import read_record
from radtl_tf.report.drawing.panels import looks, said, shown_settings
from radtl_tf.report.drawing.svg import SERIES

Outcome = Callable[..., Path]
ONE = {"backbones": ("ResNet50",), "tunings": {"frozen": (0.01,)}, "num_patients": 120}


def test_a_panel_per_backbone_and_tuning_with_both_weights(evaluation: Evaluation) -> None:
    shown = shown_settings(evaluation.record)
    panels = ["ResNet50, frozen", "ResNet50, top10", "InceptionV3, frozen", "InceptionV3, top10"]
    assert list(shown) == panels == list(dict.fromkeys(evaluation.curves["panel"]))[1:]
    assert all([line.name for line in lines] == ["imagenet", "random"] for lines in shown.values())
    names = {line.setting.name for lines in shown.values() for line in lines}
    assert names == set(evaluation.secondary.calibration.reliability["scenario"])


def test_weights_that_are_not_asked_about_are_left_out_unless_nothing_is_asked(outcome: Outcome) -> None:
    signal = {"imagenet": 1.0, "random": 0.5, "mine": 0.7}
    asked = shown_settings(read_record(outcome("asked", signal=signal, **ONE)))
    alone = shown_settings(read_record(outcome("alone", signal=signal, question=None, **ONE)))
    assert [line.name for line in asked["ResNet50, frozen"]] == ["imagenet", "random"]
    assert [line.name for line in alone["ResNet50, frozen"]] == ["imagenet", "random", "mine"]


def test_the_second_convention_of_uncertain_weights_is_dashed(outcome: Outcome) -> None:
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    record = read_record(outcome(signal=signal, alternatives={"radimagenet": "zero_one"}, **ONE))
    (lines,) = shown_settings(record).values()
    drawn = [(line.name, look["linestyle"], look["color"]) for line, look in looks(record, lines)]
    assert drawn == [
        ("radimagenet-radimagenet", "-", SERIES[0]),
        ("radimagenet-zero_one", "--", SERIES[0]),
        ("imagenet", "-", SERIES[1]),
    ]


def test_every_line_is_said(evaluation: Evaluation) -> None:
    text = said(shown_settings(evaluation.record), lambda line: line.setting.pixels, "below")
    assert text.startswith("ResNet50, frozen, imagenet: caffe; ResNet50, frozen, random: caffe; ")
    assert text.endswith("InceptionV3, top10, random: tf.")
