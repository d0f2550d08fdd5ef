"""The certificate that no patient is in two parts of a fold."""

from __future__ import annotations

from typing import Any

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.review.separate_patients import PARTS
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.text.review_sentences import certified

SECTION = "review"
_DIGITS = 12


def certificate_table(evaluation: Evaluation) -> Table:
    """Return images, patients and the hash of the patients of each part of each fold."""
    parts = evaluation.review.certificate.parts
    cells = {(row.repeat, row.fold, row.part): _cell(row) for row in parts.itertuples()}
    places = parts[["repeat", "fold"]].drop_duplicates().itertuples(index=False)
    return Table(
        key="separate-patients",
        title="No patient is in two parts",
        caption=f"{' '.join(certified(evaluation))} Images / patients / first {_DIGITS} digits of the sha256 of the "
        "sorted patient hashes of folds.csv, joined by line feeds.",
        columns=("Repeat", "Fold", "Train", "Inner", "Test"),
        rows=tuple(
            (str(repeat), str(fold), *(cells.get((repeat, fold, part), "none") for part in PARTS))
            for repeat, fold in places
        ),
        section=SECTION,
    )


def _cell(row: Any) -> str:
    return f"{row.images} / {row.patients} / {row.sha256[:_DIGITS]}"
