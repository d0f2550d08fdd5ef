"""The pixel graph as OpenVINO's intermediate representation: ``model.xml`` and ``model.bin``, float32."""

from __future__ import annotations

from pathlib import Path

# On CPUs with bfloat16 OpenVINO uses it by default, which changes scores by up to 0.08.
HINTS = {"INFERENCE_PRECISION_HINT": "f32"}


def convert(graph: Path, file: Path) -> None:
    """Write the SavedModel ``graph`` to ``file`` (.xml), and its weights next to it (.bin)."""
    import openvino

    openvino.save_model(openvino.convert_model(str(graph)), str(file), compress_to_fp16=False)
