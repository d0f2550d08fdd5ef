"""OpenVINO: float32 weights, names, and the precision that an engine must ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.records.disk import read_json


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
