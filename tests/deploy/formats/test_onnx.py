"""ONNX: opset 17, with the names of input and outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.deploy.formats.onnx import OPSET


@pytest.mark.slow
def test_names_and_opset(every_format: Path) -> None:
    import onnx

    model = onnx.load(str(every_format / "onnx" / "1" / "model.onnx"))
    assert [one.name for one in model.graph.input] == ["grey"]
    assert [one.name for one in model.graph.output] == ["probabilities", "score"]
    assert {one.domain: one.version for one in model.opset_import}[""] == OPSET == 17
    onnx.checker.check_model(model)
