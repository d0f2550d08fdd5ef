"""How many patients the experiment has, and which widths of intervals they allow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from radtl_tf.evaluation.inference.expected_width import LIKELY
from radtl_tf.evaluation.question.contrasts import Judged
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.review.sample_size import (
    WANTED,
    Width,
    expected_difference,
    newcombe_error,
    obuchowski_error,
    scaled,
    width,
)

COUNTED = ("binary", "multiclass", "multilabel")  # tasks whose classes are counted one by one


@dataclass(frozen=True)
class OfClass:
    """Patients with the rarest class (``name``), and the others (``other``), with the widths that they allow.

    ``auroc`` is the AUROC for which the widths hold, ``tested`` the number of patients of the rarer class in the
    smallest test part. ``fixed`` is for a fixed model tested on all patients, by Newcombe's and by Obuchowski's
    formula; ``of_part`` is the half-width in the smallest test part; ``difference`` is of two training procedures.
    """

    name: str
    other: str
    patients: int
    others: int
    tested: int
    auroc: float
    fixed: tuple[Width, Width]
    of_part: float
    difference: Width


@dataclass(frozen=True)
class Observed:
    """The half-width of the question's interval, and how many patients ``wanted`` would need."""

    a: str
    b: str
    half: float
    wanted: float
    needed: int


@dataclass(frozen=True)
class CaseNumbers:
    """``rarest`` is ``None`` for a task without classes that can be counted one by one; ``observed`` per convention."""

    rarest: OfClass | None
    observed: tuple[Observed, ...]


def case_numbers(record: ExperimentRecord, parts: pd.DataFrame, asked: Sequence[Judged]) -> CaseNumbers:
    """Return the numbers of an experiment; ``parts`` are those of ``notes.part_counts``."""
    counted = record.target.kind in COUNTED and bool(record.data.counts)
    return CaseNumbers(
        rarest=_rarest(record, parts, asked) if counted else None,
        observed=tuple(_observed(record, result) for result in asked if result.test.standard_error),
    )


def _rarest(record: ExperimentRecord, parts: pd.DataFrame, asked: Sequence[Judged]) -> OfClass:
    counts = record.data.counts
    name = min(counts, key=lambda label: counts[label].patients)
    patients, (other, others) = counts[name].patients, _others(record, name)
    area, folds = _auroc(asked), record.experiment.folds
    tested = int(parts.loc[parts["part"] == "test", "fewest_patients"].min())
    of_part = width(newcombe_error, area, max(tested, 1), max(round(tested * others / max(patients, 1)), 1))
    return OfClass(
        *(name, other, patients, others, tested, area),
        fixed=(width(newcombe_error, area, patients, others), width(obuchowski_error, area, patients, others)),
        of_part=of_part.half,
        difference=expected_difference(patients, others, folds.count, folds.repeats),
    )


def _others(record: ExperimentRecord, name: str) -> tuple[str, int]:
    """Return the other class of a binary task, or the patients without the class ``name``; at least 1."""
    data = record.data
    if record.target.is_binary:
        other = next(label for label in data.counts if label != name)
        return other, max(data.counts[other].patients, 1)
    return f"without {name}", max(data.patients - data.counts[name].patients, 1)


def _auroc(asked: Sequence[Judged]) -> float:
    """Return the lower mean AUROC of the question's weights, or a typical one: a lower AUROC has a wider interval."""
    means = [float(side.folds.mean()) for one in asked for side in (one.contrast.first, one.contrast.second)]
    return min(means, default=LIKELY)


def _observed(record: ExperimentRecord, result: Judged) -> Observed:
    low, high = result.test.interval()
    half = (high - low) / 2
    wanted = record.asked.margin if record.target.is_number else WANTED
    needed = scaled(half, record.data.patients, wanted) if math.isfinite(half) else 0
    return Observed(result.contrast.a, result.contrast.b, half, wanted, needed)
