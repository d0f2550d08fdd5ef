"""The Methods text says what was computed about patients, and no more."""

from __future__ import annotations

from dataclasses import replace

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.text.methods import sentences


def test_the_partition_is_certified_by_computation(evaluation: Evaluation) -> None:
    said = sentences(evaluation)["separate"]
    assert f"all {evaluation.record.num_test_parts} partitions" in said and "could not be checked" in said


def test_the_width_that_the_patients_allow(evaluation: Evaluation) -> None:
    rarest = evaluation.review.numbers.rarest
    assert rarest and f"{rarest.fixed[0].needed:,} patients" in sentences(evaluation)["enough"]
    numbers = replace(evaluation.review.numbers, rarest=None)
    assert sentences(replace(evaluation, review=replace(evaluation.review, numbers=numbers)))["enough"] == ""
