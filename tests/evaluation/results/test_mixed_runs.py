from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from radtl_tf.evaluation.results.mixed_runs import mixed_runs


def record(*runs: dict[str, Any] | None, determinism: str = "strict") -> Any:
    """Return the record of an experiment that was planned with 2 threads; ``None``: the run recorded nothing."""
    rows = [run or {"versions": np.nan, "hardware": np.nan} for run in runs]
    facts = SimpleNamespace(versions={"keras": "3.15.0"}, hardware={"threads": 2})
    experiment = SimpleNamespace(training=SimpleNamespace(determinism=determinism))
    return SimpleNamespace(runs=pd.DataFrame(rows), facts=facts, experiment=experiment)


def run(threads: int) -> dict[str, Any]:
    return {"versions": {"keras": "3.15.0"}, "hardware": {"threads": threads}}


@pytest.mark.parametrize("runs", [[run(2), run(2)], [None, None], [None, run(2)]])
def test_runs_of_one_machine_need_no_word(runs: list[Any]) -> None:
    assert list(mixed_runs(record(*runs))) == []


def test_runs_of_two_machines_are_counted() -> None:
    (sentence,) = mixed_runs(record(None, run(2), run(4)))
    assert sentence.endswith("threads 2 (2 runs), 4 (1 runs).")


def test_what_determinism_does_not_promise_needs_no_word() -> None:
    assert list(mixed_runs(record(run(2), run(4), determinism="seeded"))) == []
