"""The truth and prediction of every case behind the figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate

SMALL = {"backbones": ("ResNet50",), "tunings": {"frozen": (0.01,)}, "probes": False, "num_patients": 120}


def test_every_case_is_there_once(outcome: Callable[..., Path], evaluation: Evaluation) -> None:
    made = outcome(**SMALL, kind="regression", num_repeats=2, question={"over": "selected", "margin": 0.25})
    found = evaluate(made)
    for name, cases in found.secondary.cases.groupby("scenario"):
        assert len(cases) == 120
        errors = (cases["predicted"] - cases["truth"]).abs().groupby(cases["fold"]).mean()
        own = found.folds[(found.folds["scenario"] == f"{name}-0.01") & (found.folds["repeat"] == 0)]
        assert np.sort(errors) == pytest.approx(np.sort(own["value"]))
    assert evaluation.secondary.cases.empty


def test_stages_are_numbers_from_zero(outcome: Callable[..., Path]) -> None:
    cases = evaluate(outcome(**SMALL, kind="ordinal", classes=("a", "b", "c"))).secondary.cases
    assert set(cases["truth"]) == {0, 1, 2}
    assert cases["predicted"].between(0, 2).all()
