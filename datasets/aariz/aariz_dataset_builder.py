"""Aariz: cervical vertebral maturation stages of lateral cephalograms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from radtl_tf.data.tfds.downloaded_files import child, read_json, row_of, source_folder, value_at
from radtl_tf.data.tfds.examples import SPLIT, Row, features, generate
from radtl_tf.errors import DataError

CLASSES = tuple(f"CS{stage}" for stage in range(1, 7))
_FOLDERS = ("train", "valid", "test")


class Builder(tfds.core.GeneratorBasedBuilder):
    """1,000 lateral cephalograms with the cervical vertebral maturation stage, 1 to 6."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    Download and unpack the Aariz (CEPHA29) cephalometric data set: the folders train, valid and test, each with
    Cephalograms and Annotations.
    """

    def _info(self) -> tfds.core.DatasetInfo:
        return self.dataset_info_from_configs(
            features=features(CLASSES), supervised_keys=("image", "label"), disable_shuffling=True
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        return {SPLIT: self._generate_examples(source_folder(dl_manager, self))}

    def _generate_examples(self, root: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        return generate(row for name in _FOLDERS for row in _rows(child(root, name)))


def _rows(folder: Path) -> Iterator[Row]:
    images = child(folder, "Cephalograms")
    stages = child(child(folder, "Annotations"), "CVM Stages", "CVM_Stages")
    for line, path in enumerate(sorted(stages.glob("*.json")), start=1):
        stage = value_at(read_json(path), "cvm_stage", "value")
        if stage not in range(1, len(CLASSES) + 1):
            raise DataError(
                f"annotation {line} of {folder.name}: expected a stage from 1 to {len(CLASSES)}. Correct the file."
            )
        yield row_of(images, child(images, f"{path.stem}.png").name, line, CLASSES[stage - 1], path.stem)
