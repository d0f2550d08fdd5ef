"""Figure of what fine-tuning changed: how similar the activations of each layer are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number
from radtl_tf.evaluation.results.experiment_record import NATIVE
from radtl_tf.evaluation.results.similarity import FINE_TUNING, SOURCES
from radtl_tf.report.drawing.axes import ROW, canvas, drawn, finish, legend_below, styles, told
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.svg import INK

_DASHES = ("-", "--", "-.", (0, (1, 2)))


def layers_figure(evaluation: Evaluation) -> Figure | None:
    """Return the CKA of every layer, a panel per backbone: headline conventions only; none if it was not measured."""
    if evaluation.similarity.empty:
        return None
    shown = _headline(evaluation)
    panels = [(str(name), rows) for name, rows in shown.groupby("backbone", sort=False)]
    sizes = [rows["layer"].nunique() for _, rows in panels]
    with canvas(sum(ROW * size + 0.75 for size in sizes)) as figure:
        figure.subplots_adjust(bottom=0.45 / figure.get_figheight())
        column = figure.subplots(len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": sizes, "hspace": 0.6})
        for axes, (backbone, rows) in zip(column[:, 0], panels, strict=True):
            layers = rows.sort_values("depth")["layer"].drop_duplicates().tolist()
            for label, line in rows.groupby("label", sort=False):
                places = [layers.index(layer) for layer in line["layer"]]
                axes.plot(line["cka"], places, label=label, **_line(evaluation, line.iloc[0].to_dict()))
            axes.set_title(backbone, loc="left", fontsize=8.5, weight="bold")
            finish(axes, dict(enumerate(layers)), len(layers), "CKA")
            axes.set_xlim(min(-0.02, float(rows["cka"].min())), 1.02)
        return drawn(
            legend_below({backbone: axes for (backbone, _), axes in zip(panels, column[:, 0], strict=True)}, columns=1),
            key="layers",
            title="Linear CKA of activations by layer",
            alt=_said(shown),
            caption="Linear CKA of each stage's activations on the same test images, from the image (top) to the "
            "features (bottom): 1 means the same representation up to rotation and scale, 0 an unrelated one. Colored "
            "lines compare the same weights before and after fine-tuning: where a line bends to the left, training "
            "replaced the pre-trained representation. The dotted line compares the question's two weights before "
            "fine-tuning: the further left, the less they have in common. Similar activations do not imply an equal "
            f"{evaluation.record.question_metric.name}, nor the reverse. Each weights is shown under the headline's "
            "pixel convention; the table lists all "
            "values.",
            section="training",
        )


def _said(shown: pd.DataFrame) -> str:
    """Return per line the values at its first and its last layer."""
    ends = [
        f"{backbone}, {label}: from {number(line['cka'].iloc[0])} to {number(line['cka'].iloc[-1])}"
        for (backbone, label), line in shown.sort_values("depth").groupby(["backbone", "label"], sort=False)
    ]
    return f"From the first layer to the features. {told(ends, 'in the table of similarities')}"


def _headline(evaluation: Evaluation) -> pd.DataFrame:
    """Return the similarities under each weights' headline convention, each with the label of its line."""
    table, record = evaluation.similarity, evaluation.record
    tuned = table[table["kind"] == FINE_TUNING]
    own = [row["pixels"] in record.conventions(NATIVE, row["weights"]) for row in tuned.to_dict("records")]
    both = table[table["kind"] == SOURCES]
    both = both[both["pixels"] == both.groupby("backbone")["pixels"].transform("first")]  # the headline's come first
    labels = (tuned["weights"] + ", " + tuned["tuning"], both["weights"] + " and " + both["weights_b"] + ", before")
    return pd.concat([tuned.assign(label=labels[0])[own], both.assign(label=labels[1])])


def _line(evaluation: Evaluation, row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the look of a line of similarities: a color per weights, a dash per tuning, dots for two weights."""
    if row["kind"] == SOURCES:
        return {"color": INK, "linestyle": ":", "linewidth": 1.4}
    color, marker = styles(evaluation.record)[row["weights"]]
    tunings = [tuning for tuning in evaluation.similarity["tuning"].unique() if tuning]
    dash = _DASHES[tunings.index(row["tuning"]) % len(_DASHES)]
    return {"color": color, "marker": marker, "linestyle": dash, "linewidth": 1.4, "markersize": 4}
