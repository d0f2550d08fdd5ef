"""The words for each kind of task."""

from __future__ import annotations

from typing import get_args

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.experiment import Kind
from radtl_tf.report.text.task_words import WORDS, words


def test_every_kind_has_its_words(evaluation: Evaluation) -> None:
    assert set(WORDS) == set(get_args(Kind))
    assert words(evaluation) is WORDS["binary"]
    assert [bool(of.averaged) for of in WORDS.values()] == [False, True, True, True, False]
    assert "{" not in "".join(of.metric for of in WORDS.values())
