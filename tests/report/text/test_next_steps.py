"""What next depends on whether anything was learned."""

from __future__ import annotations

from dataclasses import replace

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.text.next_steps import next_steps


def commands(evaluation: Evaluation) -> list[str]:
    return [step.command for step in next_steps(evaluation)]


def test_a_model_is_handed_over_only_if_something_was_learned(evaluation: Evaluation) -> None:
    assert "radtl export" in commands(evaluation) and "radtl data check" not in commands(evaluation)
    assert evaluation.learned
    none = replace(evaluation.learned, rows=tuple(replace(row, p_adjusted=0.5) for row in evaluation.learned.rows))
    nothing = commands(replace(evaluation, learned=none))
    assert "radtl data check" in nothing and "radtl export" not in nothing
