"""The formats of a model: their names, folders and packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.deploy.formats import table
from radtl_tf.deploy.formats.table import FORMATS, format_named, format_of, formats_named
from radtl_tf.errors import ExperimentError


def test_a_saved_model_lies_where_tensorflow_serving_looks() -> None:
    assert format_named("saved_model").folder(Path("model"), 3) == Path("model/3")
    assert format_named("onnx").folder(Path("model"), 3) == Path("model/onnx/3")
    assert len({each.folder(Path("model"), 1) for each in FORMATS.values()}) == len(FORMATS)


@pytest.mark.parametrize("names", [["onx"], [], ["onnx", "ONNX"]])
def test_a_name_that_is_no_format_is_refused(names: list[str]) -> None:
    with pytest.raises(ExperimentError, match="onnx"):
        formats_named(names)


def test_a_format_named_twice_is_written_once() -> None:
    assert [each.name for each in formats_named(["keras", "onnx", "keras"])] == ["keras", "onnx"]


@pytest.mark.parametrize(
    ("missing", "names", "extra"),
    [
        ("tf2onnx", ["onnx"], "onnx"),
        ("openvino", ["keras", "openvino"], "openvino"),
        ("ai_edge_litert", ["litert"], "litert"),
    ],
)
def test_a_package_that_is_not_installed_names_the_extra(
    missing: str, names: list[str], extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(ExperimentError, match=rf"{missing}.*radtl_tf\[{extra}\]"):
        formats_named(names)
    formats_named(["saved_model", "keras"])


def test_a_folder_is_recognized_by_its_model_file(tmp_path: Path) -> None:
    assert format_of(tmp_path) is None
    (tmp_path / "model.xml").touch()
    assert format_of(tmp_path) == FORMATS["openvino"]
