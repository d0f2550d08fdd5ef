"""The process that converts: what fails there is an error of one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.deploy.formats.conversion import CONVERTERS, convert_apart
from radtl_tf.deploy.formats.table import FORMATS
from radtl_tf.errors import OutputError


def test_every_other_format_has_a_converter() -> None:
    assert set(CONVERTERS) == set(FORMATS) - {"saved_model", "keras"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["openvino", "litert"])
def test_a_failed_conversion_is_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=name) as caught:
        convert_apart(name, tmp_path / "missing", tmp_path / "model")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
