"""The command ``data build``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

CODE = '''"""Knees, without and with an effusion."""

import tensorflow_datasets as tfds

from radtl_tf.data.tfds.downloaded_files import row_of, source_folder
from radtl_tf.data.tfds.examples import SPLIT, features, generate


class Builder(tfds.core.GeneratorBasedBuilder):
    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = "Fetch them."

    def _info(self):
        return self.dataset_info_from_configs(
            features=features(("none", "effusion")), supervised_keys=("image", "label"), disable_shuffling=True
        )

    def _split_generators(self, dl_manager):
        return {SPLIT: self._generate_examples(source_folder(dl_manager, self))}

    def _generate_examples(self, root):
        return generate(row_of(root, f"{name}.png", line, label, name) for line, (name, label) in enumerate(FILMS))


FILMS = (("a", "none"), ("b", "effusion"))
'''


def test_a_manifest_becomes_a_data_set(finished_once: Path, tmp_path: Path, radtl: Any) -> None:
    words = ["data", "build", finished_once / "labels.csv", "--patient", "patient_id", "--out", tmp_path]
    assert radtl(*words).exit_code == 2  # the positive class is not named
    result = radtl(*words, "--positive", "sick")
    assert result.exit_code == 0, result.output
    assert "60 examples" in result.stderr
    assert Path(result.stdout.strip()).is_dir()


def test_an_unknown_data_set_is_one_line(tmp_path: Path, radtl: Any) -> None:
    result = radtl("data", "build", "radiograph", "--out", tmp_path)
    assert result.exit_code == 1
    assert "'radiographs'" in result.output


@pytest.mark.parametrize("absolute", [True, False])
def test_a_builder_is_used_from_its_own_folder(
    absolute: bool, tmp_path: Path, radtl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "knees"
    folder.mkdir()
    (folder / "knees_dataset_builder.py").write_text(CODE)
    for name in "ab":
        Image.fromarray(np.arange(20, dtype=np.uint8).reshape(5, 4) + ord(name)).save(folder / f"{name}.png")
    monkeypatch.chdir(tmp_path)
    words = ("data", "build", folder if absolute else "knees", "--manual-dir", folder, "--out", tmp_path / "data")
    result = radtl(*words)
    assert result.exit_code == 0, result.output
    assert Path(result.stdout.strip()).is_relative_to(tmp_path / "data" / "knees")
    refused = radtl(*words, "--patient", "id")
    assert refused.exit_code == 2
