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


def test_embeddings_have_no_network_to_look_into_or_to_hand_over(evaluation: Evaluation) -> None:
    def brought(*names: str) -> Evaluation:
        facts = evaluation.record.facts
        weights = tuple(replace(used, backbone="embeddings") if used.name in names else used for used in facts.weights)
        return replace(evaluation, record=replace(evaluation.record, facts=replace(facts, weights=weights)))

    first, second = evaluation.record.asked.compare
    one, both = commands(brought(first)), commands(brought(first, second))
    assert "radtl report" not in one and "radtl export" in one
    assert "radtl report" not in both and "radtl export" not in both
