"""Shared parts of the report's figures: size, axes, and a color and a marker per weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from radtl_tf.evaluation.formatting import number, range_text
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.svg import FAINT, SERIES, STYLE, svg

MARKERS = "osD^vP"
WIDTH = 3.3  # inches without the text next to the axes; about 430 px with it, readable on a phone
ROW = 0.21
_PANEL = 1.6  # height of one of several panels, in inches
_UNNAMED = "_child"  # matplotlib's label of a line that has none
_TOLD = 8  # lines of a drawing that are read aloud
BESIDE = 1.02  # position of numbers and legends, in widths of the axes


@contextmanager
def canvas(height: float, width: float = WIDTH) -> Iterator[Canvas]:
    """Give an empty matplotlib figure of that size (inches); inside the block it is drawn in the report's style."""
    with mpl.rc_context(STYLE):
        yield Canvas(figsize=(width, height))


def drawn(drawing: Canvas, *, key: str, title: str, caption: str, alt: str, section: str = "results") -> Figure:
    """Return what is drawn as a figure of the report."""
    return Figure(key=key, title=title, caption=caption, alt=alt, svg=svg(drawing, title, alt), section=section)


def told(lines: Sequence[str], where: str) -> str:
    """Return ``lines`` as one text for screen readers: the first of them, and how many more are ``where``.

    >>> told(["a: 0.5", "b: 0.6"], "in the table")
    'a: 0.5; b: 0.6.'
    """
    more = len(lines) - _TOLD
    return "; ".join(lines[:_TOLD]) + (f"; {more} more are {where}." if more > 0 else ".")


def styles(record: ExperimentRecord) -> dict[str, tuple[str, str]]:
    """Return a color and a marker per weights; beyond six they start again."""
    names, count = record.experiment.grid.weights, len(SERIES)
    return {name: (SERIES[at % count], MARKERS[at % count]) for at, name in enumerate(names)}


def draw_interval(
    axes: Axes,
    position: float,
    value: float,
    ends: tuple[float, float],
    style: tuple[str, str],
    *,
    sign: bool = False,
    line: float = 1.6,
    mark: float = 5,
) -> str:
    """Draw a value with the ends of its interval in the row at ``position``; return the numbers printed next to it.

    ``style`` is a color and a marker; ``line`` and ``mark`` are widths in points; ``sign`` prints a plus.
    """
    color, marker = style
    axes.plot(ends, [position, position], color=color, linewidth=line)
    axes.plot(value, position, marker, color=color, markersize=mark)
    text = f"{number(value, sign=sign)} ({range_text(*ends)})"
    print_next_to(axes, position, text)
    return text


def print_next_to(axes: Axes, position: float, text: str) -> None:
    """Print ``text`` to the right of the row at ``position``."""
    axes.text(BESIDE, position, text, transform=axes.get_yaxis_transform(), va="center")


def finish_values(axes: Axes, record: ExperimentRecord, ticks: Mapping[int, str], height: int) -> None:
    """Limit the axis to possible values of the question's metric, and mark the AUROC of chance."""
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, record.question_metric.low), min(high, record.question_metric.high + 0.005))
    if low < 0.5 and not record.lower_is_better:
        axes.axvline(0.5, color=FAINT, linewidth=0.8, linestyle=":")
    finish(axes, ticks, height, f"test {record.metric_in_unit}")


def finish(axes: Axes, ticks: Mapping[int, str], height: int, label: str) -> None:
    """Name the rows and the axis, and remove the frame."""
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_ylim(height - 0.5, -0.7)
    axes.set_xlabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)


@contextmanager
def panels(titles: Sequence[str], labels: tuple[str, str], below: float = 0.42) -> Iterator[dict[str, Axes]]:
    """Give axes per title, two per row; inside the block they are drawn in the report's style.

    ``labels`` name the x and y axis, ``below`` is the space under each row in inches.
    """
    columns = min(len(titles), 2)
    rows = -(-len(titles) // columns)
    panel = _PANEL if columns == 2 else 1.4 * _PANEL
    width, height = WIDTH + 0.75, rows * (panel + 0.3 + below)
    with canvas(height, width) as figure:
        grid = figure.subplots(rows, columns, squeeze=False)
        figure.subplots_adjust(
            **{"left": 0.5 / width, "right": 1 if columns == 2 else 0.75, "wspace": 0.3},
            **{"top": 1 - 0.25 / height, "bottom": below / height, "hspace": (0.3 + below) / panel},
        )
        for axes, title in zip_longest(grid.flat, titles):
            _begin(axes, title)
        for at, axes in enumerate(grid.flat[: len(titles)]):
            axes.set_xlabel(labels[0] if at + columns >= len(titles) else "")
            axes.set_ylabel("" if at % columns else labels[1])
        yield dict(zip(titles, grid.flat, strict=False))


def _begin(axes: Axes, title: str | None) -> None:
    """Name a panel, or remove it if no title is left."""
    if title is None:
        axes.remove()
        return
    axes.set_title(title, loc="left", fontsize=8.5, weight="bold")
    axes.spines[["top", "right"]].set_visible(False)


def legend_below(axes: Mapping[str, Axes], columns: int = 2) -> Canvas:
    """Name each line once, below the last row of panels, and return the whole drawing."""
    named = {str(line.get_label()): line for place in axes.values() for line in place.get_lines()}
    handles = {name: line for name, line in named.items() if not name.startswith(_UNNAMED)}
    drawing = next(iter(axes.values())).get_figure(root=True)
    if drawing is None:
        raise ValueError("the axes belong to no drawing")
    place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "ncols": columns}
    legend = drawing.legend(list(handles.values()), [str(at) for at in range(len(handles))], **place)
    for text, name in zip(legend.get_texts(), handles, strict=True):
        text.set_text(name)  # matplotlib would hide a name that begins with an underscore
    return drawing
