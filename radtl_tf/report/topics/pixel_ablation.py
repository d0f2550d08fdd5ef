"""Tables of what pixel scaling and fine-tuning do: ablation over conventions, and similarity of activations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell, range_text
from radtl_tf.evaluation.question.contrasts import Judged
from radtl_tf.evaluation.question.pixel_ablation import Ablation
from radtl_tf.evaluation.results.similarity import FINE_TUNING
from radtl_tf.report.drawing.table import Table

BEFORE_AND_AFTER = "before and after fine-tuning"
BOTH_BEFORE = "the two weights before fine-tuning"


def pixels_table(evaluation: Evaluation) -> Table:
    """Return the question under every convention of the grid, for the trained head and for the linear probe."""
    found = evaluation.ablation
    sides = (found.a, found.b) if found else ()
    return Table(
        key="pixels",
        title="Pixel conventions",
        caption=_caption(found, evaluation.record.question_method) if found else "",
        columns=(
            *("Pixels", "Model", *sides, "Difference", "95 % interval", "Adjusted p", "Outcome"),
            *("Change", "95 % interval", "Adjusted p"),
        ),
        rows=tuple(_rows(found)) if found else (),
        section="conditions",
    )


def similarity_table(evaluation: Evaluation) -> Table:
    """Return every similarity of activations, one row per layer and pair of states of a backbone."""
    keys = ["kind", "backbone", "weights", "weights_b", "pixels", "tuning"]
    found = (layers.sort_values("depth") for _, layers in evaluation.similarity.groupby(keys, sort=False))
    return Table(
        key="similarity",
        title="Similarity of activations",
        caption="Linear CKA (Kornblith et al. 2019; debiased: Song et al. 2012, Nguyen et al. 2021) of activations "
        "averaged over each image, from the first layers to the features: 1 means equal up to rotation and scale, 0 "
        "unrelated. Measured on test images of the first fold of the first repeat.",
        columns=("Compared", "Backbone", "Weights", "Pixels", "Tuning", "Layer", "CKA", "Images"),
        rows=tuple(_similarity_row(row) for layers in found for row in layers.to_dict("records")),
        section="training",
    )


def _caption(found: Ablation, method: str) -> str:
    return (
        f"Test {found.metric} and {found.a} - {found.b}, both weights fed with the same convention, and the change of "
        "this "
        f"difference from {found.trained.changes[0].contrast.b}. Intervals and p from {method}, paired; p adjusted "
        "over all comparisons of conventions (Holm), intervals not adjusted. The trained head had "
        f"head_input = {found.head_input}: a raw head also measures the scale of the features; a standardized head and "
        "the linear probe do not. To test the other head, run a second experiment."
    )


def _rows(found: Ablation) -> Iterator[tuple[str, ...]]:
    models = [
        (name, series) for name, series in (("trained head", found.trained), ("linear probe", found.probe)) if series
    ]
    for place, row in enumerate(found.trained.rows):
        for name, series in models:
            changes = {change.contrast.pixels: change for change in series.changes}
            yield (row.contrast.pixels, name, *_cells(series.rows[place]), *_change(changes.get(row.contrast.pixels)))


def _cells(row: Judged) -> tuple[str, ...]:
    sides = (number(float(side.folds.mean())) for side in (row.contrast.first, row.contrast.second))
    return (*sides, *_test(row), row.verdict)


def _change(row: Judged | None) -> tuple[str, ...]:
    return _test(row) if row else ("", "", "")


def _test(row: Judged) -> tuple[str, str, str]:
    p_value = p_cell(row.p_adjusted)
    return number(row.test.mean, sign=True), range_text(*row.test.interval()), p_value


def _similarity_row(row: Mapping[Any, Any]) -> tuple[str, ...]:
    return (
        BEFORE_AND_AFTER if row["kind"] == FINE_TUNING else BOTH_BEFORE,
        row["backbone"],
        " / ".join(filter(None, (row["weights"], row["weights_b"]))),
        *(row["pixels"], row["tuning"], row["layer"], number(row["cka"]), f"{row['images']:.0f}"),
    )
