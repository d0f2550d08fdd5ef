"""Output folders with drawn scores; ``tests/report`` has the same fixtures."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate, write_tables


def _load(name: str) -> ModuleType:
    """Import a module of this folder, which pytest's importlib mode does not put on the path."""
    spec = importlib.util.spec_from_file_location(f"_radtl_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


synthetic = _load("synthetic")


@pytest.fixture
def outcome(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the output folder of an experiment like the given one."""
    return lambda name="out", **like: synthetic.write_synthetic(tmp_path / name, synthetic.Synthetic(**like))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of an experiment with the default grid; read only."""
    return synthetic.write_synthetic(tmp_path_factory.mktemp("finished"), synthetic.Synthetic())


@pytest.fixture(scope="session")
def evaluation(finished: Path) -> Evaluation:
    """The evaluation of ``finished``, which is also written there."""
    found = evaluate(finished)
    write_tables(finished, found)
    return found


def _changed(thing: Any, changes: dict[str, Any]) -> Any:
    """Return a frozen record with ``changes``; a dictionary changes the record that has this name."""
    values = {
        name: _changed(getattr(thing, name), value)
        if is_dataclass(getattr(thing, name)) and isinstance(value, dict)
        else value
        for name, value in changes.items()
    }
    return replace(thing, **values)


@pytest.fixture(scope="session")
def changed() -> Callable[..., Evaluation]:
    """Return a function that returns an evaluation with a changed ``experiment.json``.

    ``changed(evaluation, training={"patience": 5}, warnings=("Look.",))``: keys of the experiment, or of the file.
    """

    def change(evaluation: Evaluation, **changes: Any) -> Evaluation:
        facts = evaluation.record.facts
        own = {field.name for field in fields(facts)}
        told = {name: value for name, value in changes.items() if name in own}
        asked = {name: value for name, value in changes.items() if name not in own}
        changed = replace(_changed(facts, told), experiment=_changed(facts.experiment, asked))
        return replace(evaluation, record=replace(evaluation.record, facts=changed))

    return change
