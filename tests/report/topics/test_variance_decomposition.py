"""The table of the variance decomposition has the shares of the evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.topics.variance_decomposition import decomposition_table


def test_shares_add_up_and_say_their_order(evaluation: Evaluation) -> None:
    table = decomposition_table(evaluation)
    assert [row[0] for row in table.rows][-1].startswith("residual")
    assert sum(float(row[1].removesuffix(" %")) for row in table.rows) == pytest.approx(100, abs=0.5)
    assert evaluation.secondary.decomposition is not None
    assert evaluation.secondary.decomposition.sentence("AUROC") in table.caption


def test_without_spread_there_is_no_row(outcome: Callable[..., Path]) -> None:
    found = evaluate(outcome(signal={"imagenet": 60.0, "random": 60.0}, noise=0.01, backbones=("ResNet50",)))
    assert decomposition_table(found).rows == ()
