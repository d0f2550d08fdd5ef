"""Tables of the question within subgroups, and of the patients in each part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, range_text, with_interval
from radtl_tf.evaluation.question.subgroups import OF_PATIENTS
from radtl_tf.report.drawing.table import Table


def subgroups_table(evaluation: Evaluation) -> Table:
    """Return the question's weights within each subgroup."""
    return Table(
        key="subgroups",
        title="Subgroups",
        caption="Test AUROC within the subgroup, mean over the folds, and A - B, each with its 95 % interval "
        "(corrected resampled t, not adjusted): descriptive. The intervals of A and B may overlap even if the "
        "interval of A - B excludes 0, because both are measured on the same patients. If A - B excludes 0 in one "
        "subgroup but not in another, this does not show that the two subgroups differ. No AUROC is given if a test "
        "part has only one class.",
        columns=(
            *("Subgroup", "Value", "Images", "Patients", "Positive images", "A", "B"),
            *("AUROC of A", "AUROC of B", "A - B", "95 % interval", "Not given because"),
        ),
        rows=tuple(_row(row) for row in evaluation.secondary.subgroups.table.to_dict("records")),
        section="subgroups",
    )


def demographics_table(evaluation: Evaluation) -> Table:
    """Return age, sex and other known properties per part and fold."""
    found = evaluation.secondary.subgroups.demographics
    names = [str(name) for name in found.columns[3:]]
    return Table(
        key="demographics",
        title="Demographics",
        caption=f"Mean ± SD or counts, per part of each fold. {' and '.join(OF_PATIENTS).capitalize()} are counted "
        "per patient, from the first image in the part; all other columns are counted per image.",
        columns=("Repeat", "Fold", "Part", *(name.replace("_", " ").capitalize() for name in names)),
        rows=tuple(
            (str(row["repeat"]), str(row["fold"]), row["part"], *(row[name] for name in names))
            for row in found.to_dict("records")
        ),
        section="subgroups",
    )


def _row(row: Mapping[Any, Any]) -> tuple[str, ...]:
    return (
        *(row["name"], row["value"], str(row["images"]), str(row["patients"]), str(row["positives"])),
        *(row["a"], row["b"]),
        *(with_interval(row[f"auroc_{side}"], row[f"{side}_low"], row[f"{side}_high"]) for side in ("a", "b")),
        *(number(row["difference"], sign=True), range_text(row["ci_low"], row["ci_high"]), row["reason"]),
    )
