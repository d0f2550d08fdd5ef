"""Everything that a critical reader checks and that the results themselves do not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from radtl_tf.evaluation.question.chosen_runs import question_pairs
from radtl_tf.evaluation.question.contrasts import Judged
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunParts
from radtl_tf.evaluation.review.case_numbers import CaseNumbers, case_numbers
from radtl_tf.evaluation.review.false_claim import Claim, false_claims
from radtl_tf.evaluation.review.fixed_models import Twofold, twofold
from radtl_tf.evaluation.review.separate_patients import Certificate, certify


@dataclass(frozen=True)
class Review:
    """``certificate``: no patient is in two parts. ``claims``: per pair of weights of the question.

    ``twofold``: the question for the fitted networks and for the procedures. ``numbers``: of patients.
    """

    certificate: Certificate
    claims: list[Claim]
    twofold: list[Twofold]
    numbers: CaseNumbers


def review(
    record: ExperimentRecord,
    predictions: pd.DataFrame,
    values: RunValues,
    runs: RunParts,
    parts: pd.DataFrame,
    asked: Sequence[Judged],
) -> Review:
    """Review an experiment; ``runs`` are the parts of ``predictions``, ``parts`` come from ``notes.part_counts``.

    Raises:
        DataError: a patient is in two parts of a fold.
    """
    pairs = list(question_pairs(record, values, over="selected"))
    return Review(
        certificate=certify(record.folds, predictions, record.facts.linked),
        claims=false_claims(record.target, runs, pairs),
        twofold=twofold(asked),
        numbers=case_numbers(record, parts, asked),
    )
