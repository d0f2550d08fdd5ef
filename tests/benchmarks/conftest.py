"""Fixtures that import the benchmarks' modules, which are scripts in a folder and not a package."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def _imported(name: str) -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))  # only for the import, since coverage.py is also the name of a package
        return importlib.import_module(name)


@pytest.fixture(scope="session")
def simulation() -> ModuleType:
    """Return ``benchmarks/_simulation.py``."""
    return _imported("_simulation")


@pytest.fixture(scope="session")
def judging() -> ModuleType:
    """Return ``benchmarks/_coverage.py``."""
    return _imported("_coverage")


@pytest.fixture(scope="session")
def tables() -> ModuleType:
    """Return ``benchmarks/_coverage_table.py``."""
    return _imported("_coverage_table")


@pytest.fixture(scope="session")
def interruptions() -> ModuleType:
    """Return ``benchmarks/interruptions.py``."""
    return _imported("interruptions")


@pytest.fixture(scope="session")
def false_claims() -> ModuleType:
    """Return ``benchmarks/false_claims.py``."""
    return _imported("false_claims")


@pytest.fixture(scope="session")
def limits() -> ModuleType:
    """Return ``benchmarks/limits.py``."""
    return _imported("limits")
