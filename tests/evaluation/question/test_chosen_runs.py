"""A side is the chosen scenario of each fold, or the whole grid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.question.chosen_runs import question_pairs, setting_sides
from radtl_tf.evaluation.question.inner_choice import run_values
from radtl_tf.evaluation.results.experiment_record import read_record


def test_a_side_gives_what_the_estimates_and_the_question_say(evaluation: Evaluation) -> None:
    record, values = evaluation.record, run_values(evaluation.record, evaluation.folds)

    def auroc(run: tuple[str, int, int]) -> float:
        return float(values.tested.loc[run[1:], run[0]])

    means = evaluation.estimates.set_index("scenario")["mean"]
    for setting, side in setting_sides(record, values).items():
        assert side.of(auroc).mean() == pytest.approx(means[setting.name])
        assert len(side.keys) == len(side.of_repeat(0)) == 5
    ((first, second),) = question_pairs(record, values)
    assert evaluation.question is not None
    assert (first.of(auroc) - second.of(auroc)).mean() == pytest.approx(evaluation.question.test.mean)
    ((first, second),) = question_pairs(record, values, over="grid")
    assert (first.name, len(first.keys)) == ("imagenet", 5 * 8)
    assert first.of(auroc).mean() == pytest.approx(evaluation.published["mean"][0])


def test_uncertain_weights_have_a_pair_per_reading(outcome: Callable[..., Path]) -> None:
    from radtl_tf.evaluation.evaluate import evaluate

    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    folder = outcome(signal=signal, alternatives={"radimagenet": "zero_one"}, backbones=("ResNet50",))
    found = evaluate(folder)
    pairs = question_pairs(read_record(folder), run_values(found.record, found.folds))
    names = [(first.name, second.name) for first, second in pairs]
    assert names == [("radimagenet-radimagenet", "imagenet"), ("radimagenet-zero_one", "imagenet")]


def test_without_a_question_there_is_no_pair(outcome: Callable[..., Path]) -> None:
    from radtl_tf.evaluation.evaluate import evaluate

    found = evaluate(outcome(question=None, backbones=("ResNet50",)))
    assert list(question_pairs(found.record, run_values(found.record, found.folds))) == []
