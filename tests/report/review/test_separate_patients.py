"""The certificate has a row per partition, and says what could not be checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.review.separate_patients import certificate_table


def test_a_row_per_partition_with_counts_and_hash(evaluation: Evaluation) -> None:
    table = certificate_table(evaluation)
    assert len(table.rows) == evaluation.record.num_test_parts
    parts = evaluation.review.certificate.parts
    first = parts[(parts["repeat"] == 0) & (parts["fold"] == 0) & (parts["part"] == "test")].iloc[0]
    assert table.rows[0][-1] == f"{first['images']} / {first['patients']} / {first['sha256'][:12]}"


@pytest.mark.parametrize(
    ("number", "said"), [(None, "could not be checked"), (0, "No two"), (1, "one"), (3, "3 groups")]
)
def test_what_is_known_about_linked_patients(evaluation: Evaluation, number: int | None, said: str) -> None:
    found = replace(evaluation.review.certificate, num_groups=number)
    assert said in certificate_table(replace(evaluation, review=replace(evaluation.review, certificate=found))).caption


def test_folds_that_were_not_grouped_are_named(evaluation: Evaluation, changed: Callable[..., Evaluation]) -> None:
    plain = changed(evaluation, folds={"group_duplicates": False})
    assert "folds.group_duplicates is false" in certificate_table(plain).caption
