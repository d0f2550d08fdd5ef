"""The certificate that no patient is in two parts of a fold, as a table and as a sentence."""

from __future__ import annotations

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.review.separate_patients import PARTS
from radtl_tf.report.drawing.table import Table

SECTION = "review"
_DIGITS = 12


def certificate_table(evaluation: Evaluation) -> Table:
    """Return images, patients and the hash of the patients of each part of each fold."""
    parts = evaluation.review.certificate.parts
    wide = parts.set_index(["repeat", "fold", "part"])
    places = parts[["repeat", "fold"]].drop_duplicates().itertuples(index=False)
    return Table(
        key="separate-patients",
        title="No patient is in two parts",
        caption=f"{certified(evaluation)} Images / patients / first {_DIGITS} digits of the sha256 of the sorted "
        "patient hashes of folds.csv, joined by line feeds.",
        columns=("Repeat", "Fold", "Train", "Inner", "Test"),
        rows=tuple(
            (str(repeat), str(fold), *(_cell(wide, (repeat, fold, part)) for part in PARTS)) for repeat, fold in places
        ),
        section=SECTION,
    )


def certified(evaluation: Evaluation) -> str:
    """Return what was computed from ``folds.csv`` and ``predictions.csv``; a violation would have been an error."""
    found = evaluation.review.certificate
    return (
        f"Checked in all {found.num_folds} partitions when this report was made: no patient is in two parts, every "
        f"patient is tested once per repeat, and every prediction is of an image of its part. {_linked(evaluation)}"
    )


def _linked(evaluation: Evaluation) -> str:
    number = evaluation.review.certificate.num_groups
    if number is None:
        joined = evaluation.record.experiment.folds.group_duplicates
        why = "this folder does not record them" if joined else "folds.group_duplicates is false"
        return f"Patients who share an image could not be checked: {why}."
    if not number:
        return "No two patients share an image, so no patients had to be kept together."
    groups = "group of patients who share an image is" if number == 1 else "groups of patients who share an image are"
    return f"The {number} {groups} not divided between parts."


def _cell(wide: pd.DataFrame, place: tuple[int, int, str]) -> str:
    if place not in wide.index:
        return "none"
    row = wide.loc[place]
    return f"{row['images']} / {row['patients']} / {row['sha256'][:_DIGITS]}"
