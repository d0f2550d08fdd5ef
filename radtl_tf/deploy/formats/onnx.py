"""The pixel graph as ONNX: ``model.onnx``."""

from __future__ import annotations

from pathlib import Path

OPSET = 17


def convert(graph: Path, file: Path) -> None:
    """Write the SavedModel ``graph`` to ``file`` as ONNX, opset 17."""
    import tensorflow as tf
    import tf2onnx

    loaded = tf.saved_model.load(str(graph))  # keeps the variables alive
    served = loaded.signatures["serving_default"]
    inputs = list(served.structured_input_signature[1].values())
    named = tf.function(lambda grey: served(grey=grey), input_signature=inputs)
    tf2onnx.convert.from_function(named, input_signature=inputs, opset=OPSET, output_path=str(file))
