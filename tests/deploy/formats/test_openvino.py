"""OpenVINO: float32 weights, names, and the precision that an engine must ask for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from radtl_tf.records.disk import read_json

WITHOUT_TELEMETRY = """
import sys
from radtl_tf.deploy.formats.openvino import import_openvino
import_openvino()
assert not [name for name in sys.modules if name.startswith("openvino_telemetry.")]
"""


@pytest.mark.slow
def test_nothing_is_sent_over_the_network() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    subprocess.run([sys.executable, "-c", WITHOUT_TELEMETRY], check=True, env=environment)


@pytest.mark.slow
def test_names_and_precision(every_format: Path) -> None:
    import openvino

    folder = every_format / "openvino" / "1"
    model = openvino.Core().read_model(str(folder / "model.xml"))
    assert [one.get_any_name() for one in model.inputs] == ["grey"]
    assert [one.get_any_name() for one in model.outputs] == ["probabilities", "score"]
    kinds = {node.get_element_type().get_type_name() for node in model.get_ops() if node.get_type_name() == "Constant"}
    assert "f16" not in kinds
    assert read_json(folder / "radtl.json")["runtime"] == {"INFERENCE_PRECISION_HINT": "f32"}
