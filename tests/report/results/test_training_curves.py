"""The figure of the training curves."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.results.training_curves import courses_figure

Outcome = Callable[..., Path]


def drawn(evaluation: Evaluation) -> Figure:
    figure = courses_figure(evaluation)
    assert figure is not None
    return figure


def texts(figure: Figure) -> list[str]:
    return ["".join(element.itertext()).strip() for element in ElementTree.fromstring(figure.svg).iter("text")]


def test_a_panel_per_setting_with_both_losses(evaluation: Evaluation) -> None:
    shown = texts(drawn(evaluation))
    assert [text for text in shown if text.endswith(("frozen", "top10"))] == [
        *("ResNet50, frozen", "ResNet50, top10", "InceptionV3, frozen", "InceptionV3, top10")
    ]
    for name in ("imagenet, inner", "imagenet, training", "random, inner", "random, training"):
        assert shown.count(name) == 1
    assert {"epoch", "loss (nats)"} <= set(shown)


def test_what_had_not_converged_is_said(evaluation: Evaluation) -> None:
    figure = drawn(evaluation)
    course = evaluation.courses[0]
    stuck = int(course.kept["stuck"].sum())
    assert re.search(rf"{course.line.panel}, {course.line.name}: .*\b12 to .*\b{stuck} of 5 runs", figure.alt)


def test_a_run_that_diverged_does_not_flatten_the_others(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",), tunings={"full": (1e-3,)})
    plain = drawn(evaluate(folder))
    path = folder / "runs" / "ResNet50-imagenet-caffe-full-0.001" / "0-0" / "history.csv"
    lines = path.read_text().splitlines()
    lines[1] = "1,0.7,5.0,0.5,0.1"
    path.write_text("\n".join(lines) + "\n")
    ticks = [float(text) for text in texts(drawn(evaluate(folder))) if text.replace(".", "", 1).isdigit()]
    assert max(tick for tick in ticks if tick % 1) < 5 / 2
    assert texts(plain) != texts(drawn(evaluate(folder)))


def test_without_histories_there_is_no_figure(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",))
    for path in folder.glob("runs/*/*/history.csv"):
        path.unlink()
    assert courses_figure(evaluate(folder)) is None
