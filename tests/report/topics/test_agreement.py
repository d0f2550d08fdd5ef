"""The table of common errors has the numbers of the evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.topics.agreement import agreement_table


def test_every_measure_has_a_row(evaluation: Evaluation) -> None:
    table = agreement_table(evaluation)
    rows = {row[2]: row for row in table.rows}
    (found,) = evaluation.secondary.agreements
    assert list(rows)[:3] == ["imagenet errs", "random errs", "both err"]
    kappa = found.measures["kappa of errors"]
    low, high = kappa.interval()
    assert rows["kappa of errors"][3:5] == (f"{kappa.mean:.3f}", f"{low:.3f} to {high:.3f}")
    assert rows["gain in AUROC"][3] == f"{found.gain.mean:+.3f}"
    assert rows["gain in AUROC"][5] == f"{found.gain.p_value:.3f}"


def test_without_a_question_it_is_empty(outcome: Callable[..., Path]) -> None:
    assert agreement_table(evaluate(outcome(question=None, backbones=("ResNet50",)))).rows == ()
