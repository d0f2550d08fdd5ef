"""Figure of the flow of patients and images: the data given, what was excluded and why, and how the rest was used."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.drawing.axes import canvas, drawn
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.svg import FAINT, INK

_WIDTH = 4.6  # inches
_LETTERS = 15  # of text per inch
_LINE = 0.155  # inches, as all below
_MARGIN = 0.08
_GAP = 0.28
_ASIDE = 0.36  # left end of the box of excluded images, in widths
_PARTS = {"train": "Training part: fits", "inner": "Inner part: chooses", "test": "Test part: measured once"}
_COUNTED = {"images": "images", "patients": "patients", "positives": "positive images"}  # of a binary task

_Box = tuple[float, float, list[str]]  # left and right end, lines


def flow_figure(evaluation: Evaluation) -> Figure:
    """Return boxes from the given data to the parts of the folds, with images and patients in each."""
    texts = [
        [_given(evaluation)],
        [_left_out(evaluation)],
        [_analyzed(evaluation)],
        [_divided(evaluation)],
        _parts(evaluation),
    ]
    rows = [_boxes(row, begin) for row, begin in zip(texts, (0, _ASIDE, 0, 0, 0), strict=True)]
    heights = [max(len(lines) for _, _, lines in row) * _LINE + 2 * _MARGIN for row in rows]
    total = sum(heights) + _GAP * (len(rows) - 1)
    with canvas(total, _WIDTH) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-0.02, _WIDTH + 0.02), ylim=(total + 0.02, -0.02))
        axes.axis("off")
        tops = [sum(heights[:at]) + _GAP * at for at in range(len(rows))]
        for row, top, height in zip(rows, tops, heights, strict=True):
            for box in row:
                _draw(axes, box, top, height)
        _arrows(axes, rows, tops, heights)
        return drawn(
            figure,
            key="flow",
            title="Flow of patients and images",
            alt=". ".join(box.replace("\n", ", ").rstrip(".") for row in texts for box in row) + ".",
            caption="Patients and images from the given data to the parts of the folds; if folds differ, the range is "
            "shown. No patient is in two parts of one fold, and each patient is tested once per repeat. Authors must "
            "add what they excluded before they gave the data to this software.",
            section="data",
        )


def _given(evaluation: Evaluation) -> str:
    data, task = evaluation.record.data, evaluation.record.experiment.task
    source = f"Data set {task.dataset}" if task.dataset else "Manifest"
    number = _num_left_out(evaluation)
    if number:
        return f"{source}: {data.examples + number} images"
    return f"{source}: {data.examples} images of {data.patients} patients"


def _left_out(evaluation: Evaluation) -> str:
    number = _num_left_out(evaluation)
    why = ", which have no known label" if number else ""
    return (
        f"Excluded by this software: {number} images{why}. An image that cannot be read, or is not a "
        "radiograph, stops the experiment."
    )


def _num_left_out(evaluation: Evaluation) -> int:
    unknown = evaluation.record.data.unknown
    return unknown.left_out if unknown else 0


def _analyzed(evaluation: Evaluation) -> str:
    data = evaluation.record.data
    classes = (f"{name}: {count.images} images of {count.patients} patients" for name, count in data.counts.items())
    return "\n".join((f"Analyzed: {data.examples} images of {data.patients} patients", *classes))


def _divided(evaluation: Evaluation) -> str:
    record = evaluation.record
    share, repeats = record.experiment.folds.inner, record.num_repeats
    return (
        f"Divided by patient into {record.num_folds} folds, {'once' if repeats == 1 else f'{repeats} times'}; in each, "
        f"{100 * share:g} % of the training patients kept for choices"
    )


def _parts(evaluation: Evaluation) -> list[str]:
    """Return a text per part: fewest and most images, patients and positive images over the folds."""
    of_part = dict(list(evaluation.parts.groupby("part")))
    counted = {column: word for column, word in _COUNTED.items() if column in evaluation.parts}
    return [
        "\n".join((name, *(f"{_range(of_part[part][column])} {word}" for column, word in counted.items())))
        for part, name in _PARTS.items()
    ]


def _range(values: pd.Series) -> str:
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low} to {high}"


def _boxes(row: Sequence[str], begin: float) -> list[_Box]:
    """Return the boxes of a row from ``begin`` (in widths) to the right end, their texts broken into lines."""
    width = (1 - begin) * _WIDTH / len(row)
    letters = int((width - 3 * _MARGIN) * _LETTERS)
    return [
        (
            begin * _WIDTH + at * width + _MARGIN / 2,
            begin * _WIDTH + (at + 1) * width - _MARGIN / 2,
            [line for part in text.split("\n") for line in textwrap.wrap(part, letters)],
        )
        for at, text in enumerate(row)
    ]


def _draw(axes: Axes, box: _Box, top: float, height: float) -> None:
    left, right, lines = box
    style = "round,pad=0,rounding_size=0.05"
    axes.add_patch(FancyBboxPatch((left, top), right - left, height, boxstyle=style, fill=False, edgecolor=FAINT))
    for number, line in enumerate(lines):
        axes.text((left + right) / 2, top + _MARGIN + (number + 0.5) * _LINE, line, ha="center", va="center")


def _arrows(axes: Axes, rows: Sequence[list[_Box]], tops: Sequence[float], heights: Sequence[float]) -> None:
    """Draw arrows from row to row, and to the box of excluded images."""
    past, middle = _ASIDE * _WIDTH / 2, tops[1] + heights[1] / 2
    _arrow(axes, (past, tops[0] + heights[0]), (past, tops[2]))
    _arrow(axes, (past, middle), (rows[1][0][0], middle))
    for above, row in zip((2, 3), (rows[3], rows[4]), strict=True):
        for left, right, _ in row:
            center = (left + right) / 2
            _arrow(axes, (center, tops[above] + heights[above]), (center, tops[above + 1]))


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "color": INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=look)
