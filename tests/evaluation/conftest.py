"""Output folders with drawn scores; ``tests/report`` has the same fixtures."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate, write_tables


def _load(name: str) -> ModuleType:
    """Import a module of this folder: in pytest's importlib mode it is on no path."""
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
    """What is evaluated from ``finished``, and written there."""
    found = evaluate(finished)
    write_tables(finished, found)
    return found
