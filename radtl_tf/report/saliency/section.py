"""Stored saliency maps in a report: a section of the page, and a check that shows no patient's image."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from radtl_tf.evaluation.formatting import number
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import TRANSFORMERS
from radtl_tf.report.drawing.axes import canvas, drawn, told
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.svg import FAINT, SERIES
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.drawing.templates import render_template
from radtl_tf.report.saliency.case_choice import KINDS
from radtl_tf.report.saliency.colors import blend, legend
from radtl_tf.report.saliency.map_agreement import UNCHANGED
from radtl_tf.report.saliency.store import (
    RADIOGRAPH,
    Drawn,
    DrawnCase,
    DrawnMap,
    Randomized,
    map_name,
    read_drawn,
    read_picture,
)

SECTION = "saliency"  # of the page, with the tables and figures of the check
_QUALITY = 85  # of JPEG: a third of the size of a PNG, without visible loss in a map of 7 x 7 cells
_MARKERS = "os"


@dataclass(frozen=True)
class Saliency:
    """The stored maps of an output ``folder``, and their check, which shows no patient's image and may leave the page.

    ``sentences`` holds the verdicts of the randomization check; ``figures`` and ``table`` show it.
    """

    folder: Path
    drawn: Drawn
    sentences: tuple[str, ...]
    figures: tuple[Figure, ...]
    table: Table

    @property
    def draft(self) -> str:
        """The text of a checklist on the maps."""
        return (
            f"{self._method} of {len(self.drawn.cases)} test cases, checked by cascading "
            f"randomization (Adebayo et al. 2018). {' '.join(self.sentences)} {self.drawn.rule}"
        )

    @property
    def _method(self) -> str:
        scenarios = {one.scenario for case in self.drawn.cases for one in case.maps}
        tokens = {name for name in scenarios if name.startswith(TRANSFORMERS)}
        of_tokens, of_maps = "gradient-weighted tokens (Draelos and Carin 2020)", "Grad-CAM (Selvaraju et al. 2017)"
        return " and ".join([of_maps] * (not tokens or tokens < scenarios) + [of_tokens] * bool(tokens))


def read_saliency(folder: Path) -> Saliency | None:
    """Return what a report shows of the maps in ``folder/saliency``; ``None`` if there are none.

    Raises:
        OutputError: the stored maps are damaged.
    """
    found = read_drawn(folder)
    if found is None:
        return None
    colors = _colors(folder, found.weights)
    return Saliency(
        folder=folder,
        drawn=found,
        sentences=tuple(verdicts(found.randomized, found.weights)),
        figures=tuple(_figure(rows, colors) for rows in _by_backbone(found.randomized)),
        table=randomization_table(found.randomized),
    )


def render_section(saliency: Saliency, numbers: Mapping[str, int]) -> str:
    """Return the section of ``report.html``, with the radiographs in it; ``numbers`` holds the figures' numbers by key.

    Raises:
        OutputError: a stored picture is missing or damaged.
    """
    folder, found = saliency.folder, saliency.drawn
    return render_template(
        "saliency.html",
        drawn=found,
        groups=[_group(folder, found, kind) for kind in KINDS],
        cells=_cells(found),
        legend=legend(11),
        sentences=saliency.sentences,
        figures=saliency.figures,
        numbers=numbers,
        table=saliency.table,
    )


def verdicts(rows: Sequence[Randomized], weights: Sequence[str]) -> list[str]:
    """Say for each weights whether its maps passed the check: their similarity when the whole network is random."""
    return [_verdict([row for row in rows if row.weights == name], name) for name in weights]


def _verdict(rows: Sequence[Randomized], name: str) -> str:
    if not rows:
        return f"{name}: not checked, because every map is empty."
    last = {row.backbone: row for row in rows}.values()  # per backbone the step at which everything is random
    num_cases = sum(row.num_cases for row in last)
    left = sum(row.rank_correlation * row.num_cases for row in last) / num_cases
    kept = f"with all layers randomized, its maps have a mean rank correlation of {number(left)} with the originals"
    if left >= UNCHANGED:
        return (
            f"{name}: FAILED, {kept} ({num_cases} maps; the limit is {UNCHANGED:g}). The maps hardly depend on what "
            "the network has learned: do not read them as its reasons."
        )
    return f"{name}: passed, {kept} ({num_cases} maps; the limit is {UNCHANGED:g})."


def randomization_table(rows: Sequence[Randomized]) -> Table:
    """Return the similarity of the maps to the originals at every step of the randomization."""
    return Table(
        key="saliency-randomization",
        title="Randomization check",
        caption="Mean over the maps shown; 1 means unchanged. A map that became empty counts as 0.",
        columns=("Weights", "Backbone", "Random", "Rank correlation", "SSIM", "Maps", "Became empty"),
        rows=tuple(
            (
                *(row.weights, row.backbone, row.step, number(row.rank_correlation), number(row.ssim)),
                *(str(row.num_cases), str(row.num_empty)),
            )
            for row in rows
        ),
        section=SECTION,
    )


def _group(folder: Path, found: Drawn, kind: str) -> dict[str, Any]:
    cases = [case for case in found.cases if case.kind == kind]
    return {"kind": kind, "found": found.found[kind], "cases": [_case(folder, found, case) for case in cases]}


def _case(folder: Path, found: Drawn, case: DrawnCase) -> dict[str, Any]:
    grey = read_picture(folder, case.example, RADIOGRAPH)
    truth = found.classes[case.truth]
    maps = [
        {
            "name": one.weights,
            "score": f"{one.score:.3f}",
            "outcome": one.outcome,
            "agrees": one.outcome.startswith("true"),
            "strength": f"{one.maximum:.3g}" if one.maximum > 0 else "",
            "alt": _alt(one, case.example, found.classes[1]),
            "source": source(blend(grey, read_picture(folder, case.example, map_name(place)))),
        }
        for place, one in enumerate(case.maps)
    ]
    alt = f"Radiograph of example {case.example}, which is {truth}"
    return {"example": case.example, "truth": truth, "alt": alt, "source": source(grey), "maps": maps}


def _alt(one: DrawnMap, example: int, positive: str) -> str:
    """Say in words what a map shows."""
    start = f"Example {example}, {one.weights}, {one.outcome} with a score of {one.score:.3f}: "
    if not one.peak:
        return f"{start}the map is empty, so no place speaks for {positive}"
    return f"{start}the evidence for {positive} is strongest at the {one.peak} of the picture"


def _cells(found: Drawn) -> str:
    sizes = dict.fromkeys(one.cells for case in found.cases for one in case.maps)
    return " or ".join(f"{height} x {width}" for height, width in sizes)


def source(pixels: NDArray[np.uint8]) -> str:
    """Return a picture, grey or RGB, as the address of an image on a page."""
    jpeg = imagecodecs.jpeg8_encode(pixels, level=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(bytes(jpeg)).decode()}"


def _colors(folder: Path, weights: Sequence[str]) -> dict[str, str]:
    """Return the colors that the weights have in the report's other figures."""
    names = read_facts(OutputFolder(folder).experiment).experiment.grid.weights
    return {name: SERIES[names.index(name) % len(SERIES)] for name in weights}


def _by_backbone(rows: Sequence[Randomized]) -> list[list[Randomized]]:
    names = dict.fromkeys(row.backbone for row in rows)
    return [[row for row in rows if row.backbone == name] for name in names]


def _figure(rows: Sequence[Randomized], colors: Mapping[str, str]) -> Figure:
    """Return the rank correlations of one backbone, step by step."""
    steps = ["nothing", *dict.fromkeys(row.step for row in rows)]
    with canvas(0.24 * len(steps) + 0.6) as figure:
        axes = figure.subplots()
        for (name, color), marker in zip(colors.items(), _MARKERS, strict=False):
            mine = {row.step: row.rank_correlation for row in rows if row.weights == name}
            places = [0, *(steps.index(step) for step in mine)]
            axes.plot([1, *mine.values()], places, marker, linestyle="-", color=color, label=name, markersize=4)
        axes.axvline(UNCHANGED, color=FAINT, linewidth=0.8, linestyle=":")
        axes.set_yticks(range(len(steps)), steps)
        axes.set_ylim(len(steps) - 0.5, -0.5)
        axes.set_xlim(min(-0.05, *(row.rank_correlation - 0.05 for row in rows)), 1.05)
        axes.set_xlabel("rank correlation with the map of the trained network")
        axes.tick_params(axis="y", length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1))
        axes.set_title(rows[0].backbone, loc="left", fontsize=8.5, weight="bold")
        return drawn(
            figure,
            key=f"saliency-check-{rows[0].backbone.lower()}",
            title=f"{rows[0].backbone}: similarity of the maps to the originals as more of the network is random",
            alt=_said(rows),
            caption="Mean rank correlation of the maps with their originals, as more of the network is randomized "
            "from the top down. The dotted line is the limit of the check at the last step.",
            section=SECTION,
        )


def _said(rows: Sequence[Randomized]) -> str:
    lines = [f"{row.weights}, {row.step}: {number(row.rank_correlation)}" for row in rows]
    return f"Rank correlation with the original maps, by the randomized part: {told(lines, 'in the table')}"
