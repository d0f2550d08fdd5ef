"""Every format lies in its folder with a card that says what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.deploy.card.facts import read_card
from radtl_tf.deploy.formats.table import FORMATS
from radtl_tf.deploy.formats.write import write


def test_a_model_file_has_its_card(make_ensemble: Callable[..., Any], tmp_path: Path) -> None:
    write(FORMATS["keras"], make_ensemble(), tmp_path, {"kind": "binary"})
    assert {file.name for file in tmp_path.iterdir()} == {"model.keras", "radtl.json"}
    assert read_card(tmp_path) == {"kind": "binary", "file": "model.keras", "weights_precision": "float32"}


@pytest.mark.slow
def test_every_format_is_written(every_format: Path) -> None:
    assert {place.name for place in every_format.iterdir()} == {*FORMATS, "1"} - {"saved_model"}
    for format in FORMATS.values():
        folder = format.folder(every_format, 1)
        assert (folder / format.file).is_file()
        assert read_card(folder)["parity"]["checked"]
