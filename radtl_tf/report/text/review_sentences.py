"""Sentences for the Methods text on what a critical reader checks: separate patients, and the number of patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.review.sample_size import WANTED


def certified(evaluation: Evaluation) -> Iterator[str]:
    """Yield what was computed from ``folds.csv`` and ``predictions.csv``; a violation would have been an error."""
    found = evaluation.review.certificate
    yield (
        f"Checked in all {found.num_folds} partitions when this report was made: no patient is in two parts, every "
        "patient is tested once per repeat, and every prediction is of an image of its part."
    )
    yield _linked(evaluation)


def _linked(evaluation: Evaluation) -> str:
    number = evaluation.review.certificate.num_groups
    if number is None:
        joined = evaluation.record.experiment.folds.group_duplicates
        why = "this folder does not record them" if joined else "folds.group_duplicates is false"
        return f"Patients who share an image could not be checked: {why}."
    if not number:
        return "No two patients share an image, so no patients had to be kept together."
    if number == 1:
        return "The one group of patients who share an image is in one part of each fold."
    return f"Each of the {number} groups of patients who share an image is in one part of each fold."


def enough_patients(evaluation: Evaluation) -> Iterator[str]:
    """Yield the width of an AUROC that the number of patients allows; nothing without classes."""
    rarest = evaluation.review.numbers.rarest
    if rarest:
        fixed = rarest.fixed[0]
        yield (
            f"The rarest class ({rarest.name}) had {rarest.patients} patients. Tested on all patients, a fixed model "
            f"with an AUROC of {rarest.auroc:.2f} would have a 95 % interval of +-{fixed.half:.3f}; +-{WANTED:g} needs "
            f"{fixed.needed:,} patients (Newcombe 2006; Riley et al. 2021)."
        )


REVIEWED: dict[str, Callable[[Evaluation], Iterator[str]]] = {"separate": certified, "enough": enough_patients}
