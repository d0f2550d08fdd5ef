"""Figure of the whole grid: the mean test value of every scenario, one column per weights."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number
from radtl_tf.records.runs import PROBE, SELECTED
from radtl_tf.report.drawing.axes import ROW, canvas, drawn
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.svg import SERIES

_ROW_KEYS = ("backbone", "tuning", "learning_rate")
_FAINTEST, _STRONGEST = 0.05, 0.5  # opacity of a cell: above, the number in it is hard to read
_COLUMN, _LETTER = 0.75, 0.072  # inches: the narrowest column, and a letter of its name


def heatmap_figure(evaluation: Evaluation) -> Figure | None:
    """Return the scenarios as a table of colored cells; ``None`` if it would have only one cell."""
    trained = _trained(evaluation.estimates)
    cells = _cells(trained)
    if cells.size < 2:
        return None
    spread = (float(np.nanmin(cells.to_numpy())), float(np.nanmax(cells.to_numpy())))
    longest = max(len(line) for name in cells.columns for line in name.split("\n"))
    width = len(cells.columns) * max(_COLUMN, _LETTER * (longest + 2))
    with canvas(1.15 * ROW * len(cells), width) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        for row, (_, values) in enumerate(cells.iterrows()):
            for column, value in enumerate(values):
                _cell(axes, (column, row), float(value), spread)
        _name(axes, cells)
        lower = evaluation.record.lower_is_better
        best = trained.sort_values("mean", ascending=not lower).iloc[-1]
        end = "lowest" if lower else "highest"
        return drawn(
            figure,
            key="heatmap",
            title=f"Mean test {evaluation.record.question_metric.name} of every scenario",
            alt=f"{cells.count().sum()} scenarios from {number(spread[0])} to {number(spread[1])}; the {end} is "
            f"{best['weights']} with {', '.join(best[list(_ROW_KEYS)])}. The table of scenarios lists all values.",
            caption=f"Mean test {evaluation.record.metric_in_unit} over the folds: one row per backbone, tuning and "
            "learning rate, one column per "
            "weights. Colors run from the lowest to the highest cell, so a strong contrast may be a small difference. "
            f"The {end} cell is partly a matter of chance: compare settings instead, because their learning rate was "
            "chosen without the test parts.",
            section="grid",
        )


def _trained(estimates: pd.DataFrame) -> pd.DataFrame:
    return estimates[(estimates["learning_rate"] != SELECTED) & (estimates["tuning"] != PROBE)]


def _cells(trained: pd.DataFrame) -> pd.DataFrame:
    """Return the means, rows and columns in the order of the grid; a scenario that is not there is ``nan``."""
    each = trained.groupby(["backbone", "weights"])["pixels"].transform("nunique")
    several = each.groupby(trained["weights"]).transform("max") > 1
    named = trained["weights"].where(~several, trained["weights"] + "\n" + trained["pixels"])
    cells = trained.assign(column=named).pivot(index=list(_ROW_KEYS), columns="column", values="mean")
    rows = pd.MultiIndex.from_frame(trained[list(_ROW_KEYS)].drop_duplicates())
    return cells.reindex(index=rows, columns=list(dict.fromkeys(named)))


def _cell(axes: Axes, place: tuple[int, int], value: float, spread: tuple[float, float]) -> None:
    column, row = place
    if math.isnan(value):  # nan: the grid has no such scenario
        axes.text(column, row, "-", ha="center", va="center")
        return
    low, high = spread
    share = (value - low) / (high - low) if high > low else 0.0
    alpha = _FAINTEST + share * (_STRONGEST - _FAINTEST)
    axes.add_patch(
        Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=SERIES[0], alpha=alpha, edgecolor="none")
    )
    axes.text(column, row, number(value), ha="center", va="center")


def _name(axes: Axes, cells: pd.DataFrame) -> None:
    """Name the rows on the left and the columns above."""
    axes.set_xlim(-0.5, len(cells.columns) - 0.5)
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.set_xticks(range(len(cells.columns)), list(cells.columns))
    axes.set_yticks(range(len(cells)), [", ".join(map(str, row)) for row in cells.index])
    axes.tick_params(length=0, labelbottom=False, labeltop=True)
    axes.spines[:].set_visible(False)
