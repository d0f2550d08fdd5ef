"""LiteRT: names, and float16 weights of half the size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radtl_tf.records.disk import read_json


@pytest.mark.slow
@pytest.mark.parametrize(("name", "precision"), [("litert", "float32"), ("litert-float16", "float16")])
def test_names_and_precision(name: str, precision: str, every_format: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter

    folder = every_format / name / "1"
    interpreter = Interpreter(str(folder / "model.tflite"))
    assert interpreter.get_signature_list() == {
        "serving_default": {"inputs": ["grey"], "outputs": ["probabilities", "score"]}
    }
    kinds = {np.dtype(one["dtype"]).name for one in interpreter.get_tensor_details()}
    assert ("float16" in kinds) == (precision == "float16")
    assert read_json(folder / "radtl.json")["weights_precision"] == precision
