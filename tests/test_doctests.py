"""The examples in docstrings give the shown results."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OF_TUTORIALS = (
    "radtl_tf.api",
    "radtl_tf.library.results.result",
    "radtl_tf.library.screen.screen",
)  # they need files: tests/test_tutorials.py
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "radtl_tf").rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("module", [name for name in WITH_EXAMPLES if name not in OF_TUTORIALS])
def test_examples(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted > 0
    assert results.failed == 0
