"""The section of a report that shows stored saliency maps; no TensorFlow, nothing where none were drawn."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import imagecodecs
import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from radtl_tf.evaluation.answer import number
from radtl_tf.evaluation.map_agreement import UNCHANGED
from radtl_tf.evaluation.shown_cases import KINDS
from radtl_tf.records.folder import OutputFolder, read_json
from radtl_tf.report.colors import blend, legend
from radtl_tf.report.page import render_template
from radtl_tf.report.saliency_store import (
    RADIOGRAPH,
    Drawn,
    DrawnCase,
    DrawnMap,
    Randomized,
    map_name,
    read_drawn,
    read_picture,
)
from radtl_tf.report.svg import FAINT, SERIES, STYLE, svg
from radtl_tf.report.tables import Table

_QUALITY = 85  # of JPEG: a third of a PNG, and nothing of a map of 7 x 7 cells is lost
_MARKERS = "os"


def saliency_section(folder: Path) -> str | None:
    """Return the section of ``report.html`` on the maps in ``folder/saliency``; ``None`` where there are none.

    Raises:
        OutputError: the stored maps are damaged.
    """
    drawn = read_drawn(folder)
    if drawn is None:
        return None
    colors = _colors(folder, drawn.weights)
    return render_template(
        "saliency.html",
        drawn=drawn,
        groups=[_group(folder, drawn, kind) for kind in KINDS],
        cells=_cells(drawn),
        legend=legend(11),
        sentences=verdicts(drawn.randomized, drawn.weights),
        figures=[_figure(rows, drawn.weights, colors) for rows in _by_backbone(drawn.randomized)],
        table=randomization_table(drawn.randomized),
    )


def verdicts(rows: Sequence[Randomized], weights: Sequence[str]) -> list[str]:
    """Say for each weights whether its maps passed the check: what is left when the whole network is random."""
    return [_verdict([row for row in rows if row.weights == name], name) for name in weights]


def _verdict(rows: Sequence[Randomized], name: str) -> str:
    if not rows:
        return f"{name}: not checked, since every map is empty."
    last = {row.backbone: row for row in rows}.values()  # per backbone the step at which everything is random
    num_cases = sum(row.num_cases for row in last)
    left = sum(row.rank_correlation * row.num_cases for row in last) / num_cases
    told = f"with every layer random its maps keep a mean rank correlation of {number(left)} with the original ones"
    if left >= UNCHANGED:
        return (
            f"{name}: FAILED, {told} ({num_cases} maps; the limit is {UNCHANGED:g}). They hardly depend on what the "
            "network has learned: do not read them as its reasons."
        )
    return f"{name}: passed, {told} ({num_cases} maps; the limit is {UNCHANGED:g})."


def randomization_table(rows: Sequence[Randomized]) -> Table:
    """What is left of the maps at every step of the randomization."""
    return Table(
        key="saliency-randomization",
        title="Randomization check",
        caption="Mean over the maps shown; 1: unchanged. A map that became empty counts 0.",
        columns=("Weights", "Backbone", "Random", "Rank correlation", "SSIM", "Maps", "Became empty"),
        rows=tuple(
            (
                *(row.weights, row.backbone, row.step, number(row.rank_correlation), number(row.ssim)),
                *(str(row.num_cases), str(row.num_empty)),
            )
            for row in rows
        ),
    )


def _group(folder: Path, drawn: Drawn, kind: str) -> dict[str, Any]:
    cases = [case for case in drawn.cases if case.kind == kind]
    return {"kind": kind, "found": drawn.found[kind], "cases": [_case(folder, drawn, case) for case in cases]}


def _case(folder: Path, drawn: Drawn, case: DrawnCase) -> dict[str, Any]:
    grey = read_picture(folder, case.example, RADIOGRAPH)
    truth = drawn.classes[case.truth]
    maps = [
        {
            "name": one.weights,
            "score": f"{one.score:.3f}",
            "outcome": one.outcome,
            "agrees": one.outcome.startswith("true"),
            "strength": f"{one.maximum:.3g}" if one.maximum > 0 else "",
            "alt": _alt(one, case.example, drawn.classes[1]),
            "source": _source(blend(grey, read_picture(folder, case.example, map_name(place)))),
        }
        for place, one in enumerate(case.maps)
    ]
    alt = f"Radiograph of example {case.example}, which is {truth}"
    return {"example": case.example, "truth": truth, "alt": alt, "source": _source(grey), "maps": maps}


def _alt(one: DrawnMap, example: int, positive: str) -> str:
    """Say in words what a map shows."""
    start = f"Example {example}, {one.weights}, {one.outcome} with a score of {one.score:.3f}: "
    if not one.peak:
        return f"{start}the map is empty, nothing speaks for {positive}"
    return f"{start}what speaks for {positive} is strongest at the {one.peak} of the picture"


def _cells(drawn: Drawn) -> str:
    sizes = dict.fromkeys(one.cells for case in drawn.cases for one in case.maps)
    return " or ".join(f"{height} x {width}" for height, width in sizes)


def _source(pixels: NDArray[np.uint8]) -> str:
    jpeg = imagecodecs.jpeg8_encode(pixels, level=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(bytes(jpeg)).decode()}"


def _colors(folder: Path, weights: Sequence[str]) -> dict[str, str]:
    """Return the colors that the weights have in the report's other figures."""
    names = read_json(OutputFolder(folder).experiment)["experiment"]["grid"]["weights"]
    return {name: SERIES[names.index(name) % len(SERIES)] for name in weights}


def _by_backbone(rows: Sequence[Randomized]) -> list[list[Randomized]]:
    names = dict.fromkeys(row.backbone for row in rows)
    return [[row for row in rows if row.backbone == name] for name in names]


def _figure(rows: Sequence[Randomized], weights: Sequence[str], colors: dict[str, str]) -> str:
    """Return the rank correlations of one backbone, step by step, as an SVG element."""
    steps = ["nothing", *dict.fromkeys(row.step for row in rows)]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.3, 0.24 * len(steps) + 0.6))
        axes = figure.subplots()
        for name, marker in zip(weights, _MARKERS, strict=False):
            mine = {row.step: row.rank_correlation for row in rows if row.weights == name}
            places = [0, *(steps.index(step) for step in mine)]
            axes.plot([1, *mine.values()], places, marker, linestyle="-", color=colors[name], label=name, markersize=4)
        axes.axvline(UNCHANGED, color=FAINT, linewidth=0.8, linestyle=":")
        axes.set_yticks(range(len(steps)), steps)
        axes.set_ylim(len(steps) - 0.5, -0.5)
        axes.set_xlim(min(-0.05, *(row.rank_correlation - 0.05 for row in rows)), 1.05)
        axes.set_xlabel("rank correlation with the map of the trained network")
        axes.tick_params(axis="y", length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1))
        axes.set_title(rows[0].backbone, loc="left", fontsize=8.5, weight="bold")
        return svg(figure, f"{rows[0].backbone}: what is left of the maps as more of the network is random")
