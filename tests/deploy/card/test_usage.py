"""The code of a model card runs where its engine is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.deploy.card.usage import snippets

SETTING = "Tiny-mine-tf-frozen"


def test_the_output_depends_on_the_kind(facts: dict[str, Any]) -> None:
    for kind, output in (("binary", "score"), ("multilabel", "probabilities")):
        code = {one.engine: one.code for one in snippets({**facts, "kind": kind, "version": 7})}
        assert all(f'"{output}"' in code[engine] for engine in ("TensorFlow", "ONNX Runtime", "OpenVINO", "LiteRT"))
        assert "model/7" in code["TensorFlow"] and "/7/" in code["OpenVINO"]


def test_code_that_is_not_run_says_so(facts: dict[str, Any]) -> None:
    assert {one.engine for one in snippets(facts) if not one.tested} == {"TensorFlow Serving", "KServe"}


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["Python", "TensorFlow"])
def test_the_code_gives_a_score(
    engine: str, exported: Callable[[str], Path], finished_once: Path, facts: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(exported(SETTING), tmp_path / "model")
    shutil.copy(finished_once / "images" / "000.png", tmp_path / "image.png")
    (snippet,) = [one for one in snippets(facts) if one.engine == engine]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(
        [sys.executable, "-c", snippet.code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert "0." in result.stdout
