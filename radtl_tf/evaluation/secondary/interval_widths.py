"""The width of the question's interval, next to the width that was expected and to the one of fixed models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from radtl_tf.evaluation.formatting import p_text, range_text
from radtl_tf.evaluation.inference.expected_width import CORRELATION, LIKELY, expected
from radtl_tf.evaluation.question.contrasts import Judged
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord

_NORMAL = 1.96


def width_notes(record: ExperimentRecord, asked: Sequence[Judged]) -> list[str]:
    """Return notes on the interval of the question, which has one result per pixel convention."""
    return [note for result in asked if result.test.standard_error for note in _notes(record, result)]


def _notes(record: ExperimentRecord, result: Judged) -> Iterator[str]:
    low, high = result.test.interval()
    half = (high - low) / 2
    sides = f"{result.contrast.a} minus {result.contrast.b}"
    if not record.target.is_number:  # how much errors vary is not known beforehand
        yield (
            f"Interval of {sides}: +-{half:.3f}. Expected was +-{_expected(record):.3f}, for an AUROC near {LIKELY:g} "
            f"and weights whose fold values correlate by {CORRELATION:g}."
        )
    fixed = _fixed_half(result)
    if half < fixed:
        yield (
            f"The interval of {sides} (+-{half:.3f}{record.in_unit}) is implausibly narrow: fixed models, without any "
            "training, would "
            f"have +-{fixed:.3f}{record.in_unit}. The few fold values are alike by chance. Repeat the folds "
            "(`folds.repeats`)."
        )
    if result.by_folds != result.test:
        folds = result.by_folds
        yield (
            f"Version 0.1 computed intervals from the fold values alone ({folds.described}). For {sides} this gives "
            f"{range_text(*folds.interval())}, p {p_text(folds.p_value)}. Both are in comparisons.csv."
        )


def _expected(record: ExperimentRecord) -> float:
    """Return the expected half-width; with several classes, of the rarest one against the rest."""
    patients = [count.patients for count in record.data.counts.values()]
    if record.target.kind == "ordinal":  # the ends: the patients above the highest threshold, or below the lowest
        patients = [patients[0], patients[-1]]
    positives, total = min(patients), record.data.patients
    folds = record.experiment.folds
    return expected(positives, max(total - positives, 1), folds.count, folds.repeats).difference


def _fixed_half(result: Judged) -> float:
    patients = result.contrast.difference.patients
    return _NORMAL * patients.of_fitted_models if patients else 0.0
