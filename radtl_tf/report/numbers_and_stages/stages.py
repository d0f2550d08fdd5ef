"""Predicted stages: the secondary metrics of stages as a table, and the confusion matrix as a figure."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.metrics.metric_table import OF_STAGES
from radtl_tf.report.drawing.axes import drawn, panels
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.panels import Shown, said, shown_settings
from radtl_tf.report.drawing.svg import SERIES
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.topics.secondary_metrics import estimate_cells, setting_cells

_STRONGEST = 0.5  # opacity of a cell: above, the number in it is hard to read


def stages_table(evaluation: Evaluation) -> Table:
    """Return every setting in the metrics of stages; no rows for other tasks."""
    cells = estimate_cells(evaluation.secondary.metrics.estimates)
    return Table(
        key="stages",
        title="Predicted stages",
        caption="Mean over the test folds (95 % interval), per setting at the learning rate chosen by inner loss. The "
        "predicted stage is the number of thresholds whose probability is above one half. Quadratic weighted kappa "
        "(Cohen 1968) is 0 by chance and 1 if every stage is right; an error of two stages counts four times as much "
        "as "
        "an error of one. Within one stage: the share of cases whose predicted stage is right or a neighbor.",
        columns=("Backbone", "Tuning", "Weights", "Pixels", *(metric.title for metric in OF_STAGES)),
        rows=tuple(
            (*setting_cells(setting), *(cells[setting.name, metric.name] for metric in OF_STAGES))
            for setting in (evaluation.record.settings if evaluation.record.target.kind == "ordinal" else ())
        ),
        section="metrics",
    )


def confusion_figure(evaluation: Evaluation) -> Figure | None:
    """Return true against predicted stage of the question's settings; ``None`` if the task is not ordinal."""
    target = evaluation.record.target
    if target.kind != "ordinal":
        return None
    shown = shown_settings(evaluation.record)
    lines = {f"{line.name}: {name}": line for name, settings in shown.items() for line in settings}
    tables = {line.setting.name: _counts(evaluation, line) for line in lines.values()}
    with panels(list(lines), ("predicted stage", "true stage")) as axes:
        for name, place in axes.items():
            _draw(place, tables[lines[name].setting.name], target.classes)
        return drawn(
            next(iter(axes.values())).figure.figure,  # type: ignore[arg-type]
            key="confusion",
            title="True and predicted stages",
            alt=said(shown, lambda line: _told(tables[line.setting.name]), "in the table Predicted stages"),
            caption="Number of test cases by true stage (row) and predicted stage (column); the first repeat tests "
            "every "
            "case once. Colors are shares of the row. Cells on the diagonal are right, cells next to it are one stage "
            "off.",
        )


def _counts(evaluation: Evaluation, line: Shown) -> np.ndarray:
    """Return (K, K): cases of each true stage (row) by predicted stage (column)."""
    cases = evaluation.secondary.cases
    own = cases[cases["scenario"] == line.setting.name]
    number = len(evaluation.record.target.classes)
    table = pd.crosstab(own["truth"], own["predicted"])
    return table.reindex(index=range(number), columns=range(number), fill_value=0).to_numpy()


def _draw(axes: Axes, counts: np.ndarray, stages: tuple[str, ...]) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for row, column in np.ndindex(*counts.shape):
        place = (column - 0.48, row - 0.46)
        alpha = _STRONGEST * shares[row, column]
        axes.add_patch(Rectangle(place, 0.96, 0.92, facecolor=SERIES[0], alpha=alpha, edgecolor="none"))
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=7)
    axes.set_xlim(-0.5, len(stages) - 0.5)
    axes.set_ylim(len(stages) - 0.5, -0.5)
    axes.set_xticks(range(len(stages)), stages, rotation=45 if max(map(len, stages)) > 3 else 0)
    axes.set_yticks(range(len(stages)), stages)
    axes.tick_params(length=0, labelsize=7)
    axes.spines[:].set_visible(False)


def _told(counts: np.ndarray) -> str:
    apart = np.abs(np.subtract.outer(np.arange(len(counts)), np.arange(len(counts))))
    right, near = counts[apart == 0].sum(), counts[apart == 1].sum()
    return f"{right} of {counts.sum()} cases right, {near} one stage off, {counts.sum() - right - near} further off"
