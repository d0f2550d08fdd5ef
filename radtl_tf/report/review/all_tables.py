"""The tables of the section for critical readers, in their order."""

from __future__ import annotations

from collections.abc import Callable

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.review.case_numbers import case_numbers_table
from radtl_tf.report.review.every_test import every_test_table
from radtl_tf.report.review.false_claim import false_claim_table
from radtl_tf.report.review.fixed_models import fixed_models_table
from radtl_tf.report.review.looked_at import looked_at_table
from radtl_tf.report.review.separate_patients import certificate_table

REVIEW: tuple[Callable[[Evaluation], Table], ...] = (
    fixed_models_table,
    false_claim_table,
    case_numbers_table,
    every_test_table,
    looked_at_table,
    certificate_table,
)
