"""Tables of what pixel scaling and fine-tuning do: the ablation over conventions, and similarities of activations."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell, range_text
from radtl_tf.evaluation.question.contrasts import Judged
from radtl_tf.evaluation.question.pixel_ablation import Ablation
from radtl_tf.evaluation.results.similarity import FINE_TUNING
from radtl_tf.report.drawing.table import Table

BEFORE_AND_AFTER = "before and after fine-tuning"
BOTH_BEFORE = "the two weights before fine-tuning"


def pixels_table(evaluation: Evaluation) -> Table:
    """The question under every convention of the grid, of the trained head and of the linear probe."""
    found = evaluation.ablation
    sides = (found.a, found.b) if found else ()
    return Table(
        key="pixels",
        title="Pixel conventions",
        caption=_caption(found) if found else "",
        columns=(
            *("Pixels", "Model", *sides, "Difference", "95 % interval", "Adjusted p", "Outcome"),
            *("Change", "95 % interval", "Adjusted p"),
        ),
        rows=tuple(_rows(found)) if found else (),
    )


def similarity_table(evaluation: Evaluation) -> Table:
    """Every similarity of activations, a row per two states of a backbone."""
    keys = ["kind", "backbone", "weights", "weights_b", "pixels", "tuning", "images"]
    return Table(
        key="similarity",
        title="Similarity of activations",
        caption="Linear CKA (Kornblith et al. 2019; debiased: Song et al. 2012, Nguyen et al. 2021) of activations "
        "averaged over each image, from the first layers to the features: 1 the same up to rotation and scale, 0 "
        "unrelated. Measured on test images of the first fold of the first repeat.",
        columns=("Compared", "Backbone", "Weights", "Pixels", "Tuning", "Images", "CKA by layer"),
        rows=tuple(_similarity_row(layers) for _, layers in evaluation.similarity.groupby(keys, sort=False)),
        section="training",
    )


def _caption(found: Ablation) -> str:
    return (
        f"Test AUROC and {found.a} - {found.b} with both weights fed with the same convention, and its change from "
        f"{found.trained.changes[0].contrast.b}, by the paired corrected resampled t; p adjusted over the conventions "
        f"(Holm), intervals not adjusted. The trained head had head_input = {found.head_input}: a raw head measures "
        "the scale of the features, too, a standardized one and the linear probe do not. A run with the other head is "
        "a second experiment."
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
    sides = (number(float(values.mean())) for values in (row.contrast.first, row.contrast.second))
    return (*sides, *_test(row), row.verdict)


def _change(row: Judged | None) -> tuple[str, ...]:
    return _test(row) if row else ("", "", "")


def _test(row: Judged) -> tuple[str, str, str]:
    p_value = p_cell(row.p_adjusted)
    return number(row.test.mean, sign=True), range_text(*row.test.interval()), p_value


def _similarity_row(layers: pd.DataFrame) -> tuple[str, ...]:
    first = layers.iloc[0]
    pairs = layers.sort_values("depth")[["layer", "cka"]].itertuples(index=False)
    return (
        BEFORE_AND_AFTER if first["kind"] == FINE_TUNING else BOTH_BEFORE,
        first["backbone"],
        " / ".join(filter(None, (first["weights"], first["weights_b"]))),
        *(first["pixels"], first["tuning"], f"{first['images']:.0f}"),
        ", ".join(f"{layer} {number(cka)}" for layer, cka in pairs),
    )
