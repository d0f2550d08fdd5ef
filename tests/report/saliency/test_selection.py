"""The cases that a report shows on request: of the question's weights, from a binary task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.report.saliency import selection
from radtl_tf.report.saliency.selection import select

Outcome = Callable[..., Path]


def test_cases_are_scored_by_the_weights_of_the_question(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "read_pixels", lambda *_: np.zeros((500, 8, 8, 1), np.float32))
    found = select(outcome(backbones=("ResNet50",), num_patients=120), 1)
    assert found.weights == ("imagenet", "random")
    scores = found.scores.set_index("example")
    assert all(case.scores == (scores.loc[case.example, 0], scores.loc[case.example, 1]) for case in found.cases)


def test_only_a_binary_task_has_such_cases(outcome: Outcome) -> None:
    folder = outcome(kind="ordinal", classes=("a", "b", "c"), backbones=("ResNet50",), tunings={"frozen": (0.01,)})
    with pytest.raises(ExperimentError):
        select(folder, 1)
