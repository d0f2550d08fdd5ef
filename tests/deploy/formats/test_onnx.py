"""ONNX: opset 17, with the names of input and outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.deploy.formats.onnx import OPSET, convert


@pytest.mark.slow
def test_names_and_opset(every_format: Path) -> None:
    import onnx

    model = onnx.load(str(every_format / "onnx" / "1" / "model.onnx"))
    assert [one.name for one in model.graph.input] == ["grey"]
    assert [one.name for one in model.graph.output] == ["probabilities", "score"]
    assert {one.domain: one.version for one in model.opset_import}[""] == OPSET == 17
    onnx.checker.check_model(model)


@pytest.mark.slow
def test_the_exact_gelu_is_converted(tmp_path: Path) -> None:
    """TensorFlow computes it with erfc, which ONNX lacks."""
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    module = tf.Module()
    spec = tf.TensorSpec((None, 5), tf.float32, name="grey")
    module.serve = tf.function(lambda grey: {"score": tf.nn.gelu(grey)}, input_signature=[spec])
    tf.saved_model.save(module, str(tmp_path / "graph"), signatures=module.serve)
    convert(tmp_path / "graph", tmp_path / "model.onnx")
    grey = np.linspace(-6, 6, 10, dtype=np.float32).reshape(2, 5)
    (found,) = onnxruntime.InferenceSession(str(tmp_path / "model.onnx")).run(None, {"grey": grey})
    np.testing.assert_allclose(found, tf.nn.gelu(grey).numpy(), atol=1e-6)
