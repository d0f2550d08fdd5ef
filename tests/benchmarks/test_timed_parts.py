"""What the benchmarks time by name exists."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_the_parts_of_a_command_have_their_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    parts = importlib.import_module("_whole_command").PARTS
    timed = importlib.import_module("training_overhead").TIMED
    owners = [(importlib.import_module(module), name) for _, module, name in parts]
    owners += [(owner, name) for _, owner, name, _ in timed]
    for owner, name in owners:
        found = owner
        for word in name.split("."):
            assert hasattr(found, word), f"{owner} has no {name}"
            found = getattr(found, word)
        assert callable(found)
