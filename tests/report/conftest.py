"""The output folders of ``tests/evaluation``, and stored saliency maps."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.pages.sections import Contents, contents


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_EVALUATION = _load("_radtl_evaluation_fixtures", Path(__file__).parents[1] / "evaluation" / "conftest.py")
_MAPS = _load("_radtl_maps", Path(__file__).with_name("maps.py"))

outcome, finished = _EVALUATION.outcome, _EVALUATION.finished
evaluation, changed = _EVALUATION.evaluation, _EVALUATION.changed


@pytest.fixture(scope="session")
def drawn(evaluation: Evaluation) -> Contents:
    """The content of the report on ``evaluation``, drawn once."""
    return contents(evaluation)


@pytest.fixture(scope="session")
def maps() -> ModuleType:
    """The module that stores saliency maps."""
    return _MAPS


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    """The module that writes output folders, for fixtures that outlive a test."""
    return _EVALUATION.synthetic
