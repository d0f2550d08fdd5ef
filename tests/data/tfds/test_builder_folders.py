"""Builders in their authors' folders are used in place, and errors show their position."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.tfds.builder_folders import author_errors, builder_in
from radtl_tf.data.tfds.builders import build_named, examined_from
from radtl_tf.errors import DataError

CODE = '''"""Knees."""

import tensorflow_datasets as tfds

from radtl_tf.data.tfds.examples import SPLIT, features, generate
from radtl_tf.data.tfds.downloaded_files import child, row_of, source_folder

from . import helper


class Builder(tfds.core.GeneratorBasedBuilder):
    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = "Fetch them."

    def _info(self):
        return self.dataset_info_from_configs(
            features=features(("none", helper.LABEL)), supervised_keys=("image", "label"), disable_shuffling=True
        )

    def _split_generators(self, dl_manager):
        return {SPLIT: self._generate_examples(source_folder(dl_manager, self))}

    def _generate_examples(self, root):
        return generate(rows(root))


def rows(root):
    for line, name in enumerate("ab", start=1):
        yield row_of(root, f"{name}.png", line, helper.label(name), name)
'''
HELPER = 'LABEL = "LABEL"\n\n\ndef label(name):\n    return {"a": LABEL, "b": "none"}[name]\n'


@pytest.fixture
def films(tmp_path: Path, encoded: Callable[..., bytes]) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}.png").write_bytes(encoded(np.arange(20, dtype=np.uint8).reshape(5, 4) + ord(name)))
    return folder


def _folder(parent: Path, label: str = "fluid", code: str = CODE, helper: str = HELPER) -> Path:
    folder = parent / "knees"
    folder.mkdir(parents=True)
    (folder / "knees_dataset_builder.py").write_text(code)
    (folder / "helper.py").write_text(helper.replace('"LABEL"', repr(label)))
    return folder


def _labels(builder: Any) -> list[tuple[str, ...]]:
    return [image.labels for image in examined_from(builder)]


def test_two_folders_with_one_name_do_not_meet(tmp_path: Path, films: Path) -> None:
    for label in ("fluid", "fracture"):
        folder = _folder(tmp_path / label, label)
        builder = build_named(str(folder), tmp_path / label / "data", films)
        assert builder.name == "knees"
        assert _labels(builder) == [(label,), ("none",)]


def test_a_builder_that_has_changed_is_imported_again(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    first = builder_in(folder)
    assert builder_in(folder) is first
    os.utime(folder / "helper.py", ns=(1, 1))
    assert builder_in(folder) is not first


def test_a_class_and_an_instance_are_taken_too(tmp_path: Path, films: Path) -> None:
    found = builder_in(_folder(tmp_path))
    assert _labels(build_named(found, tmp_path / "data", films)) == [("fluid",), ("none",)]
    instance = found(data_dir=tmp_path / "elsewhere")
    assert build_named(instance, tmp_path / "data", films) is instance
    assert _labels(instance) == [("fluid",), ("none",)]


def test_a_configuration_follows_the_folder(tmp_path: Path, films: Path) -> None:
    configs = '    BUILDER_CONFIGS = [tfds.core.BuilderConfig(name="lateral")]\n'
    folder = _folder(tmp_path, code=CODE.replace("    VERSION", f"{configs}    VERSION"))
    assert build_named(f"{folder}/lateral", tmp_path / "data", films).builder_config.name == "lateral"
    with pytest.raises(DataError, match="'lateral'"):
        build_named(f"{folder}/latral", tmp_path / "data", films)


@pytest.mark.parametrize(
    ("code", "helper", "place"),
    [
        (CODE, HELPER.replace('"b": "none"', '"c": "none"'), "KeyError.*helper.py:5"),
        (CODE.replace("return generate(", "return generate(None + "), HELPER, "TypeError.*knees_dataset_builder.py:24"),
        (CODE.replace("helper.LABEL", "helper.NONE"), HELPER, "AttributeError.*knees_dataset_builder.py:17"),
        (CODE.replace('"""Knees."""', "import none_such"), HELPER, "ModuleNotFoundError.*knees_dataset_builder.py:1"),
        (CODE.replace("def rows(root):", "def rows(root)"), HELPER, "SyntaxError.*knees_dataset_builder.py:27"),
    ],
)
def test_an_author_sees_the_line_that_fails(tmp_path: Path, films: Path, code: str, helper: str, place: str) -> None:
    folder = _folder(tmp_path, code=code, helper=helper)
    with pytest.raises(DataError, match=place) as caught:
        build_named(str(folder), tmp_path / "data", films)
    assert caught.value.__cause__ is not None
    assert "\n" not in str(caught.value) and str(tmp_path) not in str(caught.value)


def test_what_holds_no_builder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    for source in (f"{tmp_path}/none", f"{tmp_path}/missing"):
        with pytest.raises(DataError, match=re.escape("<name>_dataset_builder.py")):
            build_named(source, tmp_path / "data")
    with pytest.raises(DataError, match="knees_dataset_builder.py"):
        build_named(str(_folder(tmp_path, code="x = 1\n")), tmp_path / "data")


def test_errors_outside_of_the_builder_go_on(tmp_path: Path) -> None:
    with pytest.raises(KeyError), author_errors("knees", "some.other_module"):
        raise KeyError("x")
