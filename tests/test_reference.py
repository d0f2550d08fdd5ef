"""The API reference agrees with the docstring of every public name."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import radtl_tf

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def make_reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_up_to_date(make_reference: ModuleType) -> None:
    written = (DOCS / "reference.md").read_text(encoding="utf-8")
    assert written == make_reference.reference(), "run: python docs/make_reference.py"


def test_every_public_name_and_method_has_a_heading(make_reference: ModuleType) -> None:
    headings = [line.lstrip("# ") for line in make_reference.reference().splitlines() if line.startswith("#")]
    assert {f"radtl_tf.{name}" for name in radtl_tf.__all__} <= set(headings)
    assert {"Dataset.from_csv", "Dataset.groups", "Result.frame", "Result.answer", "Plots.roc"} <= set(headings)
