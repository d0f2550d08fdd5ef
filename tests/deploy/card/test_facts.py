"""The folder of an exported model, and its card."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.deploy.card.facts import card_file, find_version, read_card, verify, version_folder, write_facts
from radtl_tf.errors import OutputError
from radtl_tf.records.disk import write_json


def write_card(folder: Path, name: str) -> None:
    write_json(folder / "assets.extra" / "radtl.json", {"format": 1, "experiment": name})


def test_a_model_with_one_version_is_found_from_both_folders(tmp_path: Path) -> None:
    write_card(tmp_path / "model" / "1", "first")
    for place in (tmp_path / "model", tmp_path / "model" / "1"):
        assert version_folder(place) == tmp_path / "model" / "1"
        assert read_card(place) == {"format": 1, "experiment": "first"}


def test_of_several_versions_the_newest_counts(tmp_path: Path) -> None:
    for version in ("9", "10", "2"):
        write_card(tmp_path / version, version)
    (tmp_path / "11").mkdir()  # without a card
    write_card(tmp_path / "12a", "not a version")
    write_card(tmp_path / "latest", "not a version")
    assert version_folder(tmp_path) == tmp_path / "10"
    assert read_card(tmp_path / "9") == {"format": 1, "experiment": "9"}


def test_a_model_of_an_earlier_release_has_no_version_folder(tmp_path: Path) -> None:
    write_card(tmp_path, "flat")
    assert version_folder(tmp_path) == tmp_path
    assert read_card(tmp_path) == {"format": 1, "experiment": "flat"}


def write_format(folder: Path, name: str) -> Path:
    write_json(folder / "radtl.json", {"format": 1, "experiment": name})
    return folder


def test_the_only_format_of_a_model_is_found(tmp_path: Path) -> None:
    write_format(tmp_path / "onnx" / "1", "first")
    newest = write_format(tmp_path / "onnx" / "2", "second")
    for place in (tmp_path, tmp_path / "onnx", newest):
        assert version_folder(place) == newest
        assert read_card(place)["experiment"] == "second"


def test_the_saved_model_comes_before_other_formats(tmp_path: Path) -> None:
    write_format(tmp_path / "onnx" / "2", "onnx")
    write_card(tmp_path / "1", "saved")
    assert version_folder(tmp_path) == tmp_path / "1"
    assert version_folder(tmp_path / "onnx") == tmp_path / "onnx" / "2"


def test_of_several_other_formats_one_has_to_be_named(tmp_path: Path) -> None:
    for name in ("onnx", "litert"):
        write_format(tmp_path / name / "1", name)
    assert find_version(tmp_path) is None
    with pytest.raises(OutputError, match=r"litert or .*onnx"):
        version_folder(tmp_path)
    assert read_card(tmp_path / "onnx")["experiment"] == "onnx"


def test_a_folder_of_models_is_not_a_model_in_several_formats(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_card(tmp_path / name / "1", name)
    with pytest.raises(OutputError, match="contains no model"):
        version_folder(tmp_path)


@pytest.mark.parametrize("name", ["none", "empty", "file"])
def test_another_folder_is_refused_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("text")
    assert find_version(tmp_path / name) is None
    with pytest.raises(OutputError, match=name):
        read_card(tmp_path / name)


def test_facts_are_sealed_with_the_files_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "variables").mkdir()
    (tmp_path / "variables" / "data").write_bytes(b"numbers")
    (tmp_path / "saved_model.pb").write_bytes(b"graph")
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / "assets.extra" / "README.md").write_text("a text that people edit")
    write_facts(tmp_path, {"setting": "one"})
    card = verify(tmp_path)
    assert card["setting"] == "one" and card["format"] == 2
    assert sorted(card["files"]) == ["saved_model.pb", "variables/data"]
    (tmp_path / "assets.extra" / "README.md").write_text("edited")
    verify(tmp_path)
    (tmp_path / "variables" / "data").write_bytes(b"number")
    with pytest.raises(OutputError, match="variables/data"):
        verify(tmp_path)
    assert read_card(tmp_path) == card


def test_the_card_lies_beside_the_file_of_another_format(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"graph")
    assert card_file(tmp_path) == tmp_path / "radtl.json"
    (tmp_path / "saved_model.pb").write_bytes(b"graph")
    assert card_file(tmp_path) == tmp_path / "assets.extra" / "radtl.json"
