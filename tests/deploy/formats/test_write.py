"""Every format lies in its folder with a card that says what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.deploy.card.facts import verify
from radtl_tf.deploy.formats.table import FORMATS
from radtl_tf.deploy.formats.write import format_facts, write


def test_a_model_file_has_the_names_of_its_classes(make_ensemble: Callable[..., Any], tmp_path: Path) -> None:
    write(FORMATS["keras"], make_ensemble(), tmp_path, {"classes": ["well", "sick"]})
    assert {file.name for file in tmp_path.iterdir()} == {"model.keras", "labels.txt"}
    assert (tmp_path / "labels.txt").read_text().split() == ["well", "sick"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_card_says_what_the_file_is(name: str) -> None:
    facts = format_facts(FORMATS[name])
    assert (facts["file"], facts["model_format"]) == (FORMATS[name].file, name)
    assert facts["weights_precision"] == ("float16" if "float16" in name else "float32")
    assert ("runtime" in facts) == (name == "openvino")


@pytest.mark.slow
def test_every_format_is_written(every_format: Path) -> None:
    assert {place.name for place in every_format.iterdir()} == {*FORMATS, "1"} - {"saved_model"}
    for format in FORMATS.values():
        folder = format.folder(every_format, 1)
        assert (folder / format.file).is_file()
        card = verify(folder)
        assert card["model_format"] == format.name
        assert card["parity"]["checked"]
