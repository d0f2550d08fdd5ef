"""The pixel graph as OpenVINO's intermediate representation: ``model.xml`` and ``model.bin``, float32."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

# On CPUs with bfloat16 OpenVINO uses it by default, which changes scores by up to 0.08.
HINTS = {"INFERENCE_PRECISION_HINT": "f32"}


def import_openvino() -> Any:
    """Import OpenVINO without its telemetry, which sends usage data over the network at the first import."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # OpenVINO then takes a stub of it
    import openvino

    return openvino


def convert(graph: Path, file: Path) -> None:
    """Write the SavedModel ``graph`` to ``file`` (.xml), and its weights next to it (.bin)."""
    openvino = import_openvino()
    openvino.save_model(openvino.convert_model(str(graph)), str(file), compress_to_fp16=False)
