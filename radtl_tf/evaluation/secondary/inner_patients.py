"""Whether inner parts are large enough: a threshold or a recalibration needs patients of both classes."""

from __future__ import annotations

import pandas as pd

from radtl_tf.data.folds.draw import MIN_INNER_PATIENTS
from radtl_tf.evaluation.question.notes import rarest
from radtl_tf.records.runs import BINARY, Target


def too_few_inner(parts: pd.DataFrame, target: Target = BINARY) -> str:
    """Return why the inner parts of ``notes.part_counts`` are too small for further choices; empty if they are not."""
    inner = parts[parts["part"] == "inner"]
    fewest = inner["fewest_patients"]
    few = int((fewest < MIN_INNER_PATIENTS).sum())
    if not few:
        return ""
    return (
        f"{few} of {len(inner)} inner parts have fewer than {MIN_INNER_PATIENTS} {rarest(target)} (the fewest "
        f"{fewest.min()}): use fewer folds, a larger folds.inner or more patients"
    )
