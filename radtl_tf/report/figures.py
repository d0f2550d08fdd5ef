"""The report's figures: settings, the question by fold and by pixel convention, and what fine-tuning changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from radtl_tf.evaluation.ablation import Ablation
from radtl_tf.evaluation.answer import Answer, number, range_text
from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.record import NATIVE
from radtl_tf.evaluation.similarity import FINE_TUNING, SOURCES
from radtl_tf.records.runs import SELECTED
from radtl_tf.report.svg import FAINT, INK, SERIES, STYLE, svg

_MARKERS = "osD^vP"
_DASHES = ("-", "--", "-.", (0, (1, 2)))
_WIDTH = 3.3  # inches without the text beside the axes: with it about 430 px, readable on a telephone
_ROW = 0.21
_NUMBERS = 1.02  # where the numbers stand, in widths of the axes


def forest(evaluation: Evaluation) -> str:
    """Return the settings with their 95 % intervals as an SVG element, grouped by backbone and tuning."""
    estimates = evaluation.estimates[evaluation.estimates["learning_rate"] == SELECTED]
    groups = [(f"{name[0]}, {name[1]}", group) for name, group in estimates.groupby(["backbone", "tuning"], sort=False)]
    styles = _styles(evaluation)
    with mpl.rc_context(STYLE):
        height = len(estimates) + len(groups)
        figure = Figure(figsize=(_WIDTH, _ROW * height + 0.55))
        axes = figure.subplots()
        ticks: dict[int, str] = {}
        top = 0
        for title, group in groups:
            axes.text(0, top, title, transform=axes.get_yaxis_transform(), va="center", weight="bold")
            for position, row in enumerate(group.to_dict("records"), start=top + 1):
                _estimate(axes, position, row, styles[row["weights"]])
                ticks[position] = f"{row['weights']} ({row['pixels']})" if _has_conventions(group) else row["weights"]
            top += len(group) + 1
        _finish_auroc(axes, ticks, height)
        return svg(figure, "Test AUROC of each setting with its 95 % interval")


def fold_pairs(evaluation: Evaluation, answer: Answer) -> str:
    """Return the test AUROC of the question's two weights in every fold, as an SVG element; readings in turn."""
    styles = _styles(evaluation)
    ticks: dict[int, str] = {}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(_WIDTH, 1.35 * len(answer.readings) + 0.35))
        axes = figure.subplots()
        for top, reading in zip(range(0, 3 * len(answer.readings), 3), answer.readings, strict=True):
            sides = reading.folds[["first", "second"]].to_numpy()
            for pair in sides:
                axes.plot(pair, (top, top + 1), color=FAINT, linewidth=0.8, zorder=1)
            for position, (name, values) in enumerate(zip((answer.a, answer.b), sides.T, strict=True), start=top):
                _side(axes, position, values, styles[name])
            ticks |= {top: reading.a, top + 1: reading.b}
        _finish_auroc(axes, ticks, 2)
        axes.set_ylim(max(ticks) + 0.5, -0.5)
        return svg(figure, f"Test AUROC per fold of {answer.a} and {answer.b}; a line joins the same fold")


def conventions(ablation: Ablation) -> str:
    """Return the difference under every pixel convention with its 95 % interval, as an SVG element."""
    names = [row.contrast.pixels for row in ablation.trained.rows]
    groups = [("trained head", ablation.trained), *([("linear probe", ablation.probe)] if ablation.probe else [])]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(_WIDTH, 1.8 * _ROW * len(names) + 0.9))
        axes = figure.subplots()
        axes.axvspan(-ablation.margin, ablation.margin, facecolor=FAINT, alpha=0.3)
        axes.axvline(0, color=FAINT, linewidth=0.8)
        for (label, series), color, marker, shift in zip(groups, SERIES, _MARKERS, (-0.21, 0.21), strict=False):
            for position, row in enumerate(series.rows):
                low, high = row.test.interval()
                axes.plot([low, high], [position + shift] * 2, color=color, linewidth=1.6)
                axes.plot(row.test.mean, position + shift, marker, color=color, markersize=5)
                text = f"{number(row.test.mean, sign=True)} ({range_text(low, high)})"
                axes.text(_NUMBERS, position + shift, text, transform=axes.get_yaxis_transform(), va="center")
            axes.plot([], [], marker, color=color, markersize=5, label=label)
        _finish(axes, dict(enumerate(names)), len(names), f"{ablation.a} - {ablation.b}, AUROC")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.38 / (0.34 * len(names))), ncols=2)
        return svg(figure, f"{ablation.a} minus {ablation.b} under each pixel convention with its 95 % interval")


def similarities(evaluation: Evaluation) -> str:
    """Return the CKA of every layer, a panel per backbone, as an SVG element: headline conventions only."""
    shown = _headline(evaluation)
    panels = list(shown.groupby("backbone", sort=False))
    sizes = [rows["layer"].nunique() for _, rows in panels]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(_WIDTH, sum(_ROW * size + 0.75 for size in sizes)))
        column = figure.subplots(len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": sizes, "hspace": 0.6})
        for axes, (backbone, rows) in zip(column[:, 0], panels, strict=True):
            layers = rows.sort_values("depth")["layer"].drop_duplicates().tolist()
            for label, line in rows.groupby("label", sort=False):
                places = [layers.index(layer) for layer in line["layer"]]
                axes.plot(line["cka"], places, label=label, **_line(evaluation, line.iloc[0].to_dict()))
            axes.set_title(backbone, loc="left", fontsize=8.5, weight="bold")
            _finish(axes, dict(enumerate(layers)), len(layers), "CKA")
            axes.set_xlim(min(-0.02, float(rows["cka"].min())), 1.02)
        found = {
            name: item for axes in column[:, 0] for item, name in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        column[0, 0].legend(found.values(), found, loc="upper left", bbox_to_anchor=(_NUMBERS, 1))
        return svg(figure, "Linear CKA of activations by layer")


def _headline(evaluation: Evaluation) -> pd.DataFrame:
    """Return the similarities under each weights' headline convention, each with the label of its line."""
    table, record = evaluation.similarity, evaluation.record
    tuned = table[table["kind"] == FINE_TUNING]
    own = [row["pixels"] in record.conventions(NATIVE, row["weights"]) for row in tuned.to_dict("records")]
    both = table[table["kind"] == SOURCES]
    both = both[both["pixels"] == both.groupby("backbone")["pixels"].transform("first")]  # the headline's stand first
    labels = (tuned["weights"] + ", " + tuned["tuning"], both["weights"] + " and " + both["weights_b"] + ", before")
    return pd.concat([tuned.assign(label=labels[0])[own], both.assign(label=labels[1])])


def _styles(evaluation: Evaluation) -> dict[str, tuple[str, str]]:
    """Return a color and a marker per weights; beyond six they start again."""
    names = evaluation.record.experiment["grid"]["weights"]
    count = len(SERIES)
    return {name: (SERIES[at % count], _MARKERS[at % count]) for at, name in enumerate(names)}


def _line(evaluation: Evaluation, row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the look of a line of similarities: a color per weights, a dash per tuning, dots for two weights."""
    if row["kind"] == SOURCES:
        return {"color": INK, "linestyle": ":", "linewidth": 1.4}
    color, marker = _styles(evaluation)[row["weights"]]
    tunings = [tuning for tuning in evaluation.similarity["tuning"].unique() if tuning]
    dash = _DASHES[tunings.index(row["tuning"]) % len(_DASHES)]
    return {"color": color, "marker": marker, "linestyle": dash, "linewidth": 1.4, "markersize": 4}


def _has_conventions(group: Any) -> bool:
    return bool(group["weights"].duplicated().any())


def _estimate(axes: Axes, position: int, row: Mapping[Any, Any], style: tuple[str, str]) -> None:
    color, marker = style
    axes.plot([row["ci_low"], row["ci_high"]], [position, position], color=color, linewidth=1.6)
    axes.plot(row["mean"], position, marker, color=color, markersize=5)
    text = f"{number(row['mean'])} ({range_text(row['ci_low'], row['ci_high'])})"
    axes.text(_NUMBERS, position, text, transform=axes.get_yaxis_transform(), va="center")


def _side(axes: Axes, position: int, values: Any, style: tuple[str, str]) -> None:
    """Draw the fold values of one side with their mean."""
    color, marker = style
    axes.plot(values, np.full(len(values), position), marker, color=color, markersize=5, alpha=0.8)
    mean = float(values.mean())
    axes.plot([mean, mean], [position - 0.22, position + 0.22], color=color, linewidth=2.2)
    axes.text(_NUMBERS, position, number(mean), transform=axes.get_yaxis_transform(), va="center")


def _finish_auroc(axes: Axes, ticks: Mapping[int, str], height: int) -> None:
    """Keep to what an AUROC can be, and mark chance."""
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, 0), min(high, 1.005))
    if low < 0.5:
        axes.axvline(0.5, color=FAINT, linewidth=0.8, linestyle=":")
    _finish(axes, ticks, height, "test AUROC")


def _finish(axes: Axes, ticks: Mapping[int, str], height: int, label: str) -> None:
    """Name the rows and the axis, and leave the frame out."""
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_ylim(height - 0.5, -0.7)
    axes.set_xlabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
