"""The code of a model card runs where its engine is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from radtl_tf.deploy.card.usage import snippets


def test_the_output_depends_on_the_kind(facts: dict[str, Any]) -> None:
    for kind, output, served in (
        ("binary", "score", "score"),
        ("multilabel", "probabilities", "probabilities"),
        ("regression", "score", "score"),
        ("ordinal", "probabilities", "label"),
    ):
        code = {one.engine: one.code for one in snippets({**facts, "kind": kind, "version": 7})}
        assert all(f'"{output}"' in code[engine] for engine in ("ONNX Runtime", "OpenVINO", "LiteRT"))
        assert f'"{served}"' in code["TensorFlow"]
        assert "model/7" in code["TensorFlow"] and "/7/" in code["OpenVINO"]


def test_code_that_is_not_run_says_so(facts: dict[str, Any]) -> None:
    assert {one.engine for one in snippets(facts) if not one.tested} == {"TensorFlow Serving", "KServe"}


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["radtl", "Python", "TensorFlow", "ONNX Runtime", "OpenVINO", "LiteRT"])
def test_the_code_gives_the_score(
    engine: str,
    every_format: Path,
    expected: Callable[[np.ndarray], np.ndarray],
    finished_once: Path,
    facts: dict[str, Any],
    tmp_path: Path,
) -> None:
    image = finished_once / "images" / "000.png"
    (tmp_path / "model").symlink_to(every_format)
    shutil.copy(image, tmp_path / "image.png")
    (snippet,) = [one for one in snippets(facts) if one.engine == engine]
    folder = Path(sys.executable).parent
    command = [sys.executable, "-c"] if snippet.language == "python" else ["bash", "-c"]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    result = subprocess.run(
        [*command, snippet.code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    (score,) = re.findall(r"\b0\.\d+", result.stdout)
    grey = np.asarray(Image.open(image), np.float32)[np.newaxis, ..., np.newaxis] / 255
    assert float(score) == pytest.approx(expected(grey)[0, 1], abs=1e-4)
