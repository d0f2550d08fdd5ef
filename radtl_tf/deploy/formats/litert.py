"""The pixel graph as LiteRT (TensorFlow Lite): ``model.tflite``, with float32 or float16 weights."""

from __future__ import annotations

from pathlib import Path


def convert(graph: Path, file: Path, *, float16: bool = False) -> None:
    """Write the SavedModel ``graph`` to ``file``; with ``float16`` its weights have half the size, and are rounded."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(str(graph))
    if float16:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    file.write_bytes(converter.convert())
