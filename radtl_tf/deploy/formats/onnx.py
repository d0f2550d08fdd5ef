"""The pixel graph as ONNX: ``model.onnx``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

OPSET = 17


def convert(graph: Path, file: Path) -> None:
    """Write the SavedModel ``graph`` to ``file`` as ONNX, opset 17."""
    import tensorflow as tf
    import tf2onnx

    loaded = tf.saved_model.load(str(graph))  # keeps the variables alive
    served = loaded.signatures["serving_default"]
    inputs = list(served.structured_input_signature[1].values())
    named = tf.function(lambda grey: served(grey=grey), input_signature=inputs)
    handlers: dict[str, Any] = {"Erfc": (_erfc, [])}
    tf2onnx.convert.from_function(
        named, input_signature=inputs, opset=OPSET, output_path=str(file), custom_op_handlers=handlers
    )


def _erfc(graph: Any, node: Any, name: str, _: Any) -> None:
    """Write erfc(x), a part of the exact GELU of ConvNeXt, as 1 - erf(x): ONNX has no operation for it."""
    tensor, output = node.input[0], node.output[0]
    shape, dtype = graph.get_shape(output), graph.get_dtype(output)
    one = graph.make_const(f"{name}_one", np.float32(1))
    graph.remove_node(name)
    erf = graph.make_node("Erf", [tensor], shapes=[shape], dtypes=[dtype])
    graph.make_node("Sub", [one.output[0], erf.output[0]], name=name, outputs=[output], shapes=[shape], dtypes=[dtype])
