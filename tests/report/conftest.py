"""The output folders of ``tests/evaluation``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_PATH = Path(__file__).parents[1] / "evaluation" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("_radtl_evaluation_fixtures", _PATH)
assert _SPEC and _SPEC.loader
_MODULE = sys.modules[_SPEC.name] = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)

outcome, finished, evaluation = _MODULE.outcome, _MODULE.finished, _MODULE.evaluation
