"""The tables of the synthetic experiment."""

from __future__ import annotations

import pytest

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.results.tables import tables


@pytest.fixture
def by_key(evaluation: Evaluation) -> dict[str, Table]:
    """Return each table by its key."""
    return {table.key: table for table in tables(evaluation)}
